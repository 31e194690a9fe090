complete -c ipcmk -s M -l shmem -d 'Segment of this size, such as 4096, 64K or 1.5GiB' -r -f
complete -c ipcmk -s S -l semaphore -d 'Semaphore set with this many semaphores' -r -f
complete -c ipcmk -s p -l mode -d 'Permissions in octal [default: 0644]' -r -f
complete -c ipcmk -l key -d 'Unused key (decimal, 0x hex, 0 octal) [default: random]' -r -f
complete -c ipcmk -l namespace -d 'IPC namespace of a process ID or file' -r -f
complete -c ipcmk -s Q -l queue -d 'Message queue'
complete -c ipcmk -s J -l json -d 'Print the result as one JSON document'
complete -c ipcmk -s h -l help -d 'Print this help'
complete -c ipcmk -s V -l version -d 'Print the version'
complete -c ipcmk -f
