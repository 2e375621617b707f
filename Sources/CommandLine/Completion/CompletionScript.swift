/// What the shells read: each hands the words to `PROGRAM __complete` and shows the answer, a suggestion a line with its
/// description after a tab, and a last line that tells what to do about files (`:0`: name them, `:4`: don't).
package struct CompletionScript: Sendable {
    /// As it is typed.
    private let program: String
    /// What stands between `__complete` and the words.
    private let mark: String

    /// - Parameter endsFlags: puts `--` before the words, for programs whose own flags may stand there.
    package init(_ program: String, endsFlags: Bool = false) {
        self.program = program
        mark = endsFlags ? "-- " : ""
    }

    /// Nil for a shell that isn't known.
    package func text(for shell: String) -> String? {
        switch shell {
        case "bash": bash
        case "zsh": zsh
        case "fish": fish
        default: nil
        }
    }

    package var bash: String {
        """
        _\(program)_complete() {
            local answer directive line
            answer=$("${COMP_WORDS[0]}" __complete \(mark)"${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
            directive=${answer##*:}
            COMPREPLY=()
            while IFS= read -r line; do
                [[ $line == :* || -z $line ]] || COMPREPLY+=("${line%%$'\\t'*}")
            done <<< "$answer"
            if [[ $directive == 0 ]]; then
                compopt -o default 2>/dev/null
            fi
        }
        complete -F _\(program)_complete \(program)

        """
    }

    package var zsh: String {
        """
        #compdef \(program)
        _\(program)() {
            local -a found
            local line answer
            answer=$("${words[1]}" __complete \(mark)"${(@)words[2,CURRENT]}" 2>/dev/null)
            while IFS= read -r line; do
                [[ $line == :* || -z $line ]] && continue
                found+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}")
            done <<< "$answer"
            if [[ ${answer##*:} == 0 ]]; then _files; else _describe \(program) found; fi
        }
        compdef _\(program) \(program)

        """
    }

    package var fish: String {
        """
        function __\(program)_complete
            set -l words (commandline -opc) (commandline -ct)
            $words[1] __complete \(mark)$words[2..-1] 2>/dev/null | string match -v ':*'
        end
        complete -c \(program) -f -a '(__\(program)_complete)'

        """
    }
}
