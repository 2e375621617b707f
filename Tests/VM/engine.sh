# Sourced by limits.sh in the test machine: the daemon and its command line on pure cgroup v2.
box() { hako docker "$@"; }
file() { cat "/sys/fs/cgroup/hako/$(box inspect -f '{{.Id}}' "$1")/$2"; }
mkdir -p /run/hako
hako daemon > /tmp/daemon.log 2>&1 &
daemon=$!
# Emulated, and on a busy host, it takes its time.
for second in $(seq 120); do [ -S /run/hako/docker.sock ] && break; sleep 1; done
check "the daemon starts" box version
[ -S /run/hako/docker.sock ] || sed 's/^/VM: /' /tmp/daemon.log
tar -c -C /bundle/rootfs . | box import - box > /dev/null
check "an image can be imported" box image inspect box
run() { box run --network none "$@"; }
check "a container runs" is "$(run --rm box echo hello)" hello
check "info names the version" is "$(box info -f '{{.CgroupVersion}} {{.MemoryLimit}} {{.SwapLimit}} {{.PidsLimit}}')" "2 true true true"

run -d --name limits -m 64m --memory-swap 96m --memory-reservation 32m --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 \
    --pids-limit 20 --device-read-bps /dev/ram0:1mb --device-write-iops /dev/ram0:50 box sleep 1000 > /tmp/id 2> /tmp/warnings
check "no warning comes for what the kernel has" is "$(cat /tmp/warnings)" ""
check "memory is limited" is "$(file limits memory.max)" 67108864
check "swap is what --memory-swap has beyond it" is "$(file limits memory.swap.max)" 33554432
check "the reservation is there" is "$(file limits memory.low)" 33554432
check "half a CPU" is "$(file limits cpu.max)" "50000 100000"
check "512 shares are a weight of 59" is "$(file limits cpu.weight)" 59
check "the CPU set" is "$(file limits cpuset.cpus)" 0
check "the number of processes" is "$(file limits pids.max)" 20
check "disk rates" is "$(file limits io.max)" "$(cat /sys/block/ram0/dev) rbps=1048576 wbps=max riops=max wiops=50"
check "statistics" holds "$(box stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' limits)" "/ 64MiB 1"
check "the processes" holds "$(box top limits)" "sleep 1000"
check "update changes limits" box update -m 32m --memory-swap 32m --cpus 0.25 --pids-limit 30 limits
check "memory has the new limit" is "$(file limits memory.max) $(file limits memory.swap.max)" "33554432 0"
check "the CPU has" is "$(file limits cpu.max)" "25000 100000"
check "the processes have" is "$(file limits pids.max)" 30
check "pause" box pause limits
check "the group is frozen" holds "$(file limits cgroup.events)" "frozen 1"
check "ps says so" holds "$(box ps --format '{{.Status}}')" "(Paused)"
check "exec into it is refused" code 1 box exec limits true
check "unpause" box unpause limits
check "the group is thawed" holds "$(file limits cgroup.events)" "frozen 0"
check "exec is in the container's group" is "$(box exec limits cat /proc/self/cgroup)" "0::/"
check "a container sees its own group only" is "$(box exec limits cat /sys/fs/cgroup/memory.max)" 33554432
check "and can't write it" code 1 box exec limits sh -c 'echo max > /sys/fs/cgroup/memory.max'
group=/sys/fs/cgroup/hako/$(box inspect -f '{{.Id}}' limits)
box rm -f limits > /dev/null
check "the group goes with the container" [ ! -e "$group" ]

check "what v2 doesn't have is discarded with a warning" \
    holds "$(run --rm -m 64m --oom-kill-disable --memory-swappiness 5 box true 2>&1)" \
    "Your kernel does not support OomKillDisable. OomKillDisable discarded."
box events --since 0 --filter event=oom --format '{{.Actor.Attributes.name}}' > /tmp/oom &
watcher=$!
check "a container that takes too much memory ends with 137" code 137 run --name eater -m 32m --memory-swap 32m box tail /dev/zero
check "inspect says why" is "$(box inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}}' eater)" "true 137"
check "an event says so" sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do grep -q eater /tmp/oom && exit 0; sleep 1; done; cat /tmp/oom; exit 1'
kill $watcher
box rm eater > /dev/null

check "a device is given" code 0 run --rm --device /dev/ram0 box head -c 1 /dev/ram0
check "and only as far as it is" code 1 run --rm --device /dev/ram0:/dev/ram0:r box sh -c 'echo x > /dev/ram0'
check "one that isn't given can't be opened" code 1 run --rm --cap-add MKNOD box sh -c 'mknod /dev/mine b 1 0 && head -c 1 /dev/mine'
check "a device rule gives one too" code 0 run --rm --cap-add MKNOD --device-cgroup-rule 'b 1:0 r' box sh -c 'mknod /dev/mine b 1 0 && head -c 1 /dev/mine'
check "a privileged container opens all" code 0 run --rm --privileged box sh -c 'head -c 1 /dev/kmsg && [ -e /dev/ram0 ]'
check "and writes its group" code 0 run --rm --privileged box sh -c 'mkdir /sys/fs/cgroup/inner'
check "a container on the default network has an address" holds "$(box run --rm box cat /proc/net/fib_trie)" "172.17.0."
kill $daemon
wait $daemon
