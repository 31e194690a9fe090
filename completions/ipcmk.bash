_ipcmk() {
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
                cmd="ipcmk"
                ;;
            *)
                ;;
        esac
    done

    case "${cmd}" in
        ipcmk)
            opts="-M -S -Q -p -J -h -V --shmem --semaphore --queue --mode --key --json --help --version"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --shmem)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -M)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --semaphore)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -S)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --mode)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -p)
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
__ipcmk_value() {
    local before="" rest="$2" list="" signs="" each="" word
    local -a words=()
    case "$1" in
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

__ipcmk() {
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
    if __ipcmk_value "${option}" "${current}"; then
        COMPREPLY=("${COMPREPLY[@]/#/${glued}}")
        return 0
    fi
    _ipcmk "$@"
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F __ipcmk -o nosort ipcmk
else
    complete -F __ipcmk ipcmk
fi
