#!/bin/bash
# Runs the OCI validation suite on hako and on runc, and compares: hako may fail nothing that runc passes here.
#
#   oci-runtime-tools.sh CHECKOUT HAKO [TEST...]
#
# CHECKOUT is a folder of opencontainers/runtime-tools in which its validation programs have been made. HAKO is the hako
# program. TEST is a test's name, such as process_user. Needs root, runc and nothing from the network. Ends with 1 when hako is worse than runc somewhere, with 2 when it can't begin.
# Between 4 and 10 minutes. TABLE=FILE writes the outcome as a Markdown table, too.
#
# Everything happens in a mount namespace of its own. On a machine with v1 controllers an empty v2 hierarchy beside them
# (/sys/fs/cgroup/unified) is not shown there: the suite's own cgroup code takes it for all there is.
set -u
if [ -z "${OCI_TOOLS_INSIDE:-}" ]; then
    [ "$(id -u)" = 0 ] || { echo "$0: needs root" >&2; exit 2; }
    OCI_TOOLS_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi
if mountpoint -q /sys/fs/cgroup/unified; then umount -l /sys/fs/cgroup/unified; fi
command -v runc > /dev/null || { echo "$0: needs runc to compare with" >&2; exit 2; }
checkout=$(realpath "${1:?usage: $0 CHECKOUT HAKO [TEST...]}")
hako=$(realpath "${2:?usage: $0 CHECKOUT HAKO [TEST...]}")
shift 2
[ -x "$checkout/runtimetest" ] && ls "$checkout"/validation/*/*.t > /dev/null 2>&1 || {
    echo "$0: $checkout isn't built: run make runtimetest validation-executables in it" >&2
    exit 2
}
[ -x "$hako" ] || { echo "$0: $hako is no program" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The suite calls its runtime as one word.
printf '#!/bin/sh\nexec %q runtime "$@"\n' "$hako" > "$work/hako"
chmod +x "$work/hako"

# Longest that one test may take, in seconds (LIMIT).
limit=${LIMIT:-60}
tests=("$@")
if [ ${#tests[@]} = 0 ]; then
    for file in "$checkout"/validation/*/*.t; do tests+=("$(basename "$file" .t)"); done
fi

# Prints "passed", "skipped", or what failed, on one line.
run() { # RUNTIME TEST
    local output="$work/$2.$(basename "$1")" code
    [ -x "$checkout/validation/$2/$2.t" ] || { echo "failed: there is no such test"; return; }
    (cd "$checkout" && RUNTIME=$1 timeout -k 5 "$limit" "validation/$2/$2.t") > "$output" 2> "$output.err" < /dev/null
    code=$?
    [ $code = 124 ] && echo "not ok 0 - no end after $limit s" >> "$output"
    local bad planned seen
    bad=$(grep -E '^ *not ok' "$output" | grep -vE '# (SKIP|TODO)' | sed 's/^ *not ok [0-9]* - //' | sort -u | tr '\n' ';')
    # A test may print several plans, one for each container.
    planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$output" | awk '{ sum += $1 } END { print sum }')
    seen=$(grep -cE '^(not )?ok' "$output")
    if [ -n "$bad" ]; then echo "failed: $bad"
    elif [ $code != 0 ]; then echo "failed: exit code $code: $(tail -1 "$output.err")"
    elif [ -n "$planned" ] && [ "$planned" != "$seen" ]; then echo "failed: $seen of $planned checks ran"
    elif grep -qE '# SKIP' "$output" && ! grep -E '^ok' "$output" | grep -qv '# SKIP'; then echo "skipped"
    else echo "passed"
    fi
}

same=0 better=0 worse=0
for test in "${tests[@]}"; do
    theirs=$(run runc "$test")
    ours=$(run "$work/hako" "$test")
    if [ "$ours" = "$theirs" ] || [ "$ours" = passed ]; then
        [ "$ours" = "$theirs" ] && same=$((same + 1)) || better=$((better + 1))
        verdict=" "
    elif [ "$theirs" = passed ] || [ "$theirs" = skipped ]; then
        worse=$((worse + 1)) verdict="!"
    elif [[ $theirs = "failed: exit code"* ]]; then
        same=$((same + 1)) verdict=" " # runc didn't get as far as a check
    else
        # Both fail, each in its own way: only what fails on hako alone counts.
        only=$(comm -23 <(tr ';' '\n' <<< "${ours#failed: }" | sort -u) <(tr ';' '\n' <<< "${theirs#failed: }" | sort -u))
        if [ -n "${only//[[:space:]]/}" ]; then worse=$((worse + 1)) verdict="!"; else same=$((same + 1)) verdict=" "; fi
    fi
    printf '%s %-42s hako %s\n' "$verdict" "$test" "$ours"
    [ -z "${TABLE:-}" ] || printf '| %s | %s | %s |\n' "$test" "${ours//|/ }" "${theirs//|/ }" >> "$TABLE"
    [ "$ours" = "$theirs" ] || printf '  %-42s runc %s\n' "" "$theirs"
done
echo "$same as runc, $better better, $worse worse, of ${#tests[@]}"
[ $worse = 0 ]
