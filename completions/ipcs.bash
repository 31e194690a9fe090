_ipcs() {
    local i cur prev opts cmd
    COMPREPLY=()
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        cur="$2"
    else
        cur="${COMP_WORDS[COMP_CWORD]}"
    fi
    prev="$3"
    cmd=""
    opts=""

    for i in "${COMP_WORDS[@]:0:COMP_CWORD}"
    do
        case "${cmd},${i}" in
            ",$1")
                cmd="ipcs"
                ;;
            *)
                ;;
        esac
    done

    case "${cmd}" in
        ipcs)
            opts="-m -q -s -a -i -t -p -c -l -u -P -J -o -b -h -V --shmems --queues --semaphores --all --id --time --pid --creator --limits --summary --processes --format --json --table --color --output --sort --no-headings --no-truncate --list-columns --owner --created-by --group --key --min-size --max-size --full --used-by --older --idle --unused --orphaned --in-use --include-unsure --bytes --human --time-format --numeric --help --version"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --id)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -i)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --format)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --color)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --output)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -o)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --sort)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --owner)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --created-by)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --group)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --key)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --min-size)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --max-size)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --full)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --used-by)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --older)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --idle)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --time-format)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
    esac
}

# The values of an option: its name is $1, what there is of its value $2.
__ipcs_value() {
    local before="" rest="$2" list="" signs="" each="" word
    local -a words=()
    case "$1" in
        --format)
            words=(classic table json jsonl csv raw export)
            ;;
        --color)
            words=(auto always never)
            ;;
        -o | --output)
            words=(all kind key id seq owner uid group gid creator cuid creator_group cgid perms mode ctime size nattch status cpid lpid atime dtime rss swap cbytes qbytes qnum lspid lrpid stime rtime nsems otime command processes attached waiting original_key processes_complete alive in_use use_reason keepers orphaned orphan_reason semaphores)
            list=1 signs="+" each=""
            ;;
        --sort)
            words=(kind key id seq owner uid group gid creator cuid creator_group cgid perms mode ctime size nattch status cpid lpid atime dtime rss swap cbytes qbytes qnum lspid lrpid stime rtime nsems otime command processes attached waiting original_key processes_complete alive in_use use_reason keepers orphaned orphan_reason semaphores)
            list=1 signs="-" each="1"
            ;;
        --owner)
            list=1 words=($(compgen -u))
            ;;
        --created-by)
            list=1 words=($(compgen -u))
            ;;
        --group)
            list=1 words=($(compgen -g))
            ;;
        --time-format)
            words=(short full iso)
            ;;
        *)
            return 1
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
    COMPREPLY=()
    for word in "${words[@]}"; do
        if [[ "${word}" == "${rest}"* && ",${before}" != *[,+-]"${word}",* ]]; then
            COMPREPLY+=("${before}${word}")
        fi
    done
    if [[ -n "${list}" && "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        compopt -o nospace 2>/dev/null
    fi
    return 0
}

__ipcs() {
    local current="${COMP_WORDS[COMP_CWORD]}" option="${COMP_WORDS[COMP_CWORD-1]}" glued=""
    # By its settings bash makes a word of the = in --option=value, or does not.
    if [[ "${current}" == "=" ]]; then
        current=""
    elif [[ "${option}" == "=" ]]; then
        option="${COMP_WORDS[COMP_CWORD-2]}"
    elif [[ "${current}" == --*=* ]]; then
        option="${current%%=*}"
        glued="${option}="
        current="${current#*=}"
    elif [[ "${current}" == -[!-]?* && "${option}" != --sort ]]; then
        option="${current:0:2}"
        glued="${option}"
        current="${current:2}"
    fi
    if __ipcs_value "${option}" "${current}"; then
        COMPREPLY=("${COMPREPLY[@]/#/${glued}}")
        return 0
    fi
    _ipcs "$@"
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F __ipcs -o nosort ipcs
else
    complete -F __ipcs ipcs
fi
