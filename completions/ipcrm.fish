complete -c ipcrm -s m -l shmem-id -d 'Segment with this id (decimal, or hex behind 0x)' -r -f
complete -c ipcrm -s M -l shmem-key -d 'Segment with this key (decimal, 0x hex or 0 octal)' -r -f
complete -c ipcrm -s q -l queue-id -d 'Queue with this id' -r -f
complete -c ipcrm -s Q -l queue-key -d 'Queue with this key' -r -f
complete -c ipcrm -s s -l semaphore-id -d 'Semaphore set with this id' -r -f
complete -c ipcrm -s S -l semaphore-key -d 'Semaphore set with this key' -r -f
complete -c ipcrm -s a -l all -d 'Everything, or everything of one kind: shm, msg or sem (as in --all=shm or -ashm)' -f -a "msg\t''
sem\t''
shm\t''"
complete -c ipcrm -s n -l dry-run -d 'Only print what would be removed, and what would fail'
complete -c ipcrm -s i -l interactive -d 'Ask on the terminal before each removal: yes, no, all the rest, or quit'
complete -c ipcrm -l ignore-missing -d 'Take objects that do not exist for removed'
complete -c ipcrm -s v -l verbose -d 'Print each removal'
complete -c ipcrm -s J -l json -d 'Print what was removed and what failed as one JSON document'
complete -c ipcrm -s h -l help -d 'Print this text'
complete -c ipcrm -s V -l version -d 'Print the version'
complete -c ipcrm -f -a "msg sem shm"
