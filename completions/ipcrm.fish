# Candidates for the last part of a comma list. The first pattern is what of the word is
# the option's name, the second what of the rest stays before each candidate.
function __fish_ipcrm_list
    set -l typed (commandline -ct | string replace -r -- $argv[1] '')
    set -l before (string match -r -- $argv[2] $typed)
    while read -l line
        printf '%s%s\n' $before[1] $line
    end
end

complete -c ipcrm -s m -l shmem-id -d 'Segment with this id (decimal, or hex behind 0x)' -r -f
complete -c ipcrm -s M -l shmem-key -d 'Segment with this key (decimal, 0x hex or 0 octal)' -r -f
complete -c ipcrm -s q -l queue-id -d 'Queue with this id' -r -f
complete -c ipcrm -s Q -l queue-key -d 'Queue with this key' -r -f
complete -c ipcrm -s s -l semaphore-id -d 'Semaphore set with this id' -r -f
complete -c ipcrm -s S -l semaphore-key -d 'Semaphore set with this key' -r -f
complete -c ipcrm -s a -l all -d 'Everything, or everything of one kind: shm, msg or sem (as in --all=shm or -ashm)' -f -a "msg\t''
sem\t''
shm\t''"
complete -c ipcrm -l owner -d 'Owned by one of these users (name or number)' -r -f -a "(__fish_complete_users | __fish_ipcrm_list '^(--owner=)' '^(?:.*,)?')"
complete -c ipcrm -l created-by -d 'Created by one of these users (name or number)' -r -f -a "(__fish_complete_users | __fish_ipcrm_list '^(--created-by=)' '^(?:.*,)?')"
complete -c ipcrm -l group -d 'Belonging to one of these groups (name or number)' -r -f -a "(__fish_complete_groups | __fish_ipcrm_list '^(--group=)' '^(?:.*,)?')"
complete -c ipcrm -l key -d 'With one of these keys, in any base' -r -f
complete -c ipcrm -l min-size -d 'At least this large: bytes of a segment or of the messages in a queue, semaphores of a set; K and KiB are 1024, KB is 1000, up to E' -r -f
complete -c ipcrm -l older -d 'Last changed at least this long ago: 90s, 15m, 2h, 3d, 1h30m' -r -f
complete -c ipcrm -l idle -d 'Neither used nor changed for at least this long' -r -f
complete -c ipcrm -l unused -d 'Used by nobody: nothing attached; no message, nobody blocked, last users gone'
complete -c ipcrm -l orphaned -d 'Left behind: nothing alive can be using it; in doubt it is not listed'
complete -c ipcrm -l force -d 'Of what a filter chooses, also remove what is in use; an attached segment goes when the last process detaches'
complete -c ipcrm -s n -l dry-run -d 'Only print what would be removed or kept, and what would fail'
complete -c ipcrm -s i -l interactive -d 'Ask on the terminal before each removal: yes, no, all the rest, or quit'
complete -c ipcrm -l ignore-missing -d 'An object that does not exist is no failure'
complete -c ipcrm -s v -l verbose -d 'Print each removal, and every object that is kept'
complete -c ipcrm -s J -l json -d 'Print what was removed and what failed as one JSON document'
complete -c ipcrm -s h -l help -d 'Print this text'
complete -c ipcrm -s V -l version -d 'Print the version'
complete -c ipcrm -f -a "msg sem shm"
