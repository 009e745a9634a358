// SPDX-License-Identifier: GPL-2.0-only
/* What a program asks of the dynamic linker: elf(5). */
#include "vm.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <unistd.h>

static void add_entries(Elf *elf, Elf_Scn *scn, const GElf_Shdr *h, struct words *found)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Dyn dyn;

	for (int i = 0; data && gelf_getdyn(data, i, &dyn); i++)
		if (dyn.d_tag == DT_NEEDED || dyn.d_tag == DT_RPATH || dyn.d_tag == DT_RUNPATH)
			words_add(found, "%ld %s", (long)dyn.d_tag,
				  elf_strptr(elf, h->sh_link, dyn.d_un.d_val) ?: "");
}

void needed_read(const char *path, struct words *found)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf_Scn *scn = NULL;
	GElf_Shdr h;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	while (elf && (scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &h) && h.sh_type == SHT_DYNAMIC)
			add_entries(elf, scn, &h, found);
	elf_end(elf);
	if (fd >= 0)
		close(fd);
}
