# Completions of ipcrm for bash.

# Adds what ipcs lists to the array words of the caller. $1 is what to list; words already typed
# follow. A program that does not know the option prints nothing that is used.
__ipcrm_candidates() {
    local lines value
    lines=$(command ipcs --list-candidates "$1" -- "${@:2}" 2>/dev/null) || return 0
    while IFS=$'\t' read -r value _; do
        [[ -z "${value}" ]] || words+=("${value}")
    done <<<"${lines}"
}

# Offers values of the option $1. $2 is the beginning of the value.
__ipcrm_value() {
    local before="" rest="$2" ask="" many="" files="" list="" signs="" each="" word
    local -a words=()
    case "$1" in
        -m | --shmem-id)
            ask=shm many=1
            ;;
        -M | --shmem-key)
            ask=shm-key many=1
            ;;
        -q | --queue-id)
            ask=msg many=1
            ;;
        -Q | --queue-key)
            ask=msg-key many=1
            ;;
        -s | --semaphore-id)
            ask=sem many=1
            ;;
        -S | --semaphore-key)
            ask=sem-key many=1
            ;;
        --posix-shmem)
            ask=pshm many=1
            ;;
        --posix-mqueue)
            ask=pmsg many=1
            ;;
        --posix-semaphore)
            ask=psem many=1
            ;;
        -a | --all)
            words=(msg pmsg psem pshm sem shm)
            ;;
        --owner)
            ask=user list=1
            ;;
        --created-by)
            ask=user list=1
            ;;
        --group)
            ask=group list=1
            ;;
        --key)
            ask=key many=1 list=1
            ;;
        --min-size)
            ;;
        --max-size)
            ;;
        --full)
            ;;
        --used-by)
            ask=pid many=1 list=1
            ;;
        --older)
            ;;
        --idle)
            ;;
        --namespace)
            ask=namespace many=1 files=1
            ;;
        *)
            return
            ;;
    esac
    if [[ -n "${list}" && "${rest}" == *,* ]]; then
        before="${rest%,*},"
        rest="${rest##*,}"
    fi
    if [[ -n "${signs}" && "${rest}" == [${signs}]* && ( -n "${each}" || -z "${before}" ) ]]; then
        before+="${rest:0:1}"
        rest="${rest:1}"
    fi
    if [[ -n "${files}" && "${rest}" == [/.]* ]]; then
        ask=file
        compopt -o filenames 2>/dev/null
    fi
    if [[ "${ask}" == @(user|group|file) ]]; then
        while read -r word; do
            words+=("${word}")
        done < <(compgen -A "${ask}" -- "${rest}")
    elif [[ -n "${ask}" ]]; then
        __ipcrm_candidates "${ask}:${many:+${rest}}"
    fi
    for word in "${words[@]}"; do
        if [[ "${word}" == "${rest}"* && ",${before}" != *[,+-]"${word}",* ]]; then
            COMPREPLY+=("${glued}${before}${word}")
        fi
    done
    if [[ -n "${list}" && "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

# Finds the first option with a value in the cluster $1. Sets option, and glued to the text before
# the value.
__ipcrm_cluster() {
    local at
    [[ "$1" == -[!-]* ]] || return 1
    for ((at = 1; at < ${#1}; at++)); do
        if [[ "${1:at:1}" == [mMqQsSa] ]]; then
            option="-${1:at:1}"
            glued="${1:0:at+1}"
            return 0
        fi
    done
    return 1
}

# Adds the operands to the array words of the caller: IDs after a kind, otherwise kinds.
__ipcrm_operands() {
    local word kind=""
    local -a named=()
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case "${word}" in
            msg | pmsg | psem | pshm | sem | shm)
                kind="${word}"
                named=()
                ;;
            --owner* | --created-by* | --group* | --key* | --min-size* | --max-size* | --full* | --used-by* | --older* | --idle* | --unused* | --orphaned* | --in-use* | --include-unsure*)
                # With a filter there are no IDs.
                kind=""
                break
                ;;
            *)
                named+=("${word}")
                ;;
        esac
    done
    if [[ -n "${kind}" ]]; then
        __ipcrm_candidates "${kind}:${current}" "${named[@]}"
    else
        words+=(msg pmsg psem pshm sem shm)
    fi
}

_ipcrm() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
    local option="" glued="" word
    local -a words=()
    COMPREPLY=()
    # Depending on its settings, bash makes a word of the = in --option=value.
    if [[ "${current}" == "=" ]]; then
        option="${previous}"
        current=""
    elif [[ "${previous}" == "=" ]]; then
        option="${COMP_WORDS[COMP_CWORD-2]}"
    elif [[ " --shmem-id --shmem-key --queue-id --queue-key --semaphore-id --semaphore-key --posix-shmem --posix-mqueue --posix-semaphore --owner --created-by --group --key --min-size --max-size --full --used-by --older --idle --namespace " == *" ${previous} "* ]]; then
        option="${previous}"
    elif __ipcrm_cluster "${previous}" && [[ "${glued}" == "${previous}" && "${option}" != "-a" ]]; then
        glued=""
    elif [[ "${current}" == --*=* ]]; then
        option="${current%%=*}"
        glued="${option}="
        current="${current#*=}"
    else
        option="" glued=""
        __ipcrm_cluster "${current}" && current="${current#"${glued}"}"
    fi
    if [[ -n "${option}" ]]; then
        __ipcrm_value "${option}" "${current}"
        return
    fi
    if [[ "${current}" != -* ]]; then
        __ipcrm_operands
    fi
    if [[ "${current}" == -* || "${COMP_CWORD}" -eq 1 ]]; then
        words+=(-m -M -q -Q -s -S -a -n -i -v -J -h -V --shmem-id --shmem-key --queue-id --queue-key --semaphore-id --semaphore-key --posix-shmem --posix-mqueue --posix-semaphore --all --owner --created-by --group --key --min-size --max-size --full --used-by --older --idle --unused --orphaned --in-use --include-unsure --force --dry-run --interactive --ignore-missing --namespace --verbose --json --help --version)
    fi
    for word in "${words[@]}"; do
        if [[ "${word}" == "${current}"* ]]; then
            COMPREPLY+=("${word}")
        fi
    done
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _ipcrm -o nosort ipcrm
else
    complete -F _ipcrm ipcrm
fi
