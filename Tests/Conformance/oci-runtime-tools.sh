#!/bin/bash
# Runs the OCI validation suite on hako and on runc, and compares: hako may fail nothing that runc passes here.
#
#   oci-runtime-tools.sh CHECKOUT HAKO [TEST...]
#
# CHECKOUT is a folder of opencontainers/runtime-tools in which `make runtimetest validation-executables` has been run
# (offline: GOFLAGS=-mod=vendor). HAKO is the hako program. TEST is a test's name, such as process_user. Needs root,
# runc and nothing from the network. Ends with 1 when hako is worse than runc somewhere.
set -u
checkout=$(realpath "${1:?usage: $0 CHECKOUT HAKO [TEST...]}")
hako=$(realpath "${2:?usage: $0 CHECKOUT HAKO [TEST...]}")
shift 2
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
    (cd "$checkout" && RUNTIME=$1 timeout "$limit" "validation/$2/$2.t") > "$output" 2> "$output.err"
    code=$?
    local bad planned seen
    bad=$(grep -E '^ *not ok' "$output" | grep -vE '# (SKIP|TODO)' | sed 's/^ *not ok [0-9]* - //' | sort -u | tr '\n' ';')
    planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$output" | tail -1)
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
    else
        # Both fail, each in its own way: only what fails on hako alone counts.
        only=$(comm -23 <(tr ';' '\n' <<< "${ours#failed: }" | sort -u) <(tr ';' '\n' <<< "${theirs#failed: }" | sort -u))
        if [ -n "${only//[[:space:]]/}" ]; then worse=$((worse + 1)) verdict="!"; else same=$((same + 1)) verdict=" "; fi
    fi
    printf '%s %-42s hako %s\n' "$verdict" "$test" "$ours"
    [ "$ours" = "$theirs" ] || printf '  %-42s runc %s\n' "" "$theirs"
done
echo "$same as runc, $better better, $worse worse, of ${#tests[@]}"
[ $worse = 0 ]
