// SPDX-License-Identifier: GPL-2.0-only
/* What the containers run: nothing. */
int main(void)
{
	return 0;
}
