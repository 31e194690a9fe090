complete -c ipcmk -s M -l shmem -d 'A segment of this size (bytes, or with a suffix: K or KiB is 1024, KB is 1000, up to E)' -r -f
complete -c ipcmk -s S -l semaphore -d 'A set of this many semaphores' -r -f
complete -c ipcmk -s p -l mode -d 'Permissions in octal [default: 0644]' -r -f
complete -c ipcmk -l key -d 'The key, which must be free (decimal, 0x hex or 0 octal) [default: a random one]' -r -f
complete -c ipcmk -s Q -l queue -d 'A message queue'
complete -c ipcmk -s J -l json -d 'Print what was made as one JSON document'
complete -c ipcmk -s h -l help -d 'Print this text'
complete -c ipcmk -s V -l version -d 'Print the version'
complete -c ipcmk -f
