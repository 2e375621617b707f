#!/bin/busybox sh
# Process 1 of the test machine: mounts cgroup v2 and checks that limits hold. Each line for people starts with "VM: ".
/bin/busybox --install -s /bin
export PATH=/bin:/sbin LD_LIBRARY_PATH=/libraries
# A container's root is moved away from under it (pivot_root), which the initramfs itself doesn't allow: onto a tmpfs.
if [ ! -e /switched ]; then
    mkdir /new
    mount -t tmpfs tmpfs /new
    for name in bin bundle cluster.sh dev engine.sh etc init lib lib64 libraries nfs opt proc run sbin sys tmp usr var volumes.sh; do [ -e "/$name" ] && cp -a "/$name" /new/; done
    touch /new/switched
    exec switch_root /new /init
fi
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t cgroup2 cgroup /sys/fs/cgroup
cd /bundle
modprobe brd rd_nr=1 rd_size=65536
ip link set lo up

passed=0 failed=0
check() { # SENTENCE COMMAND...
    local sentence=$1
    shift
    if "$@" > /tmp/out 2>&1; then passed=$((passed + 1)); echo "VM: ok      $sentence"
    else failed=$((failed + 1)); echo "VM: FAILED  $sentence: $(tail -3 /tmp/out | tr '\n' ' ')"
    fi
}
# Writes config.json: RESOURCES as JSON members, the command's words after it.
bundle() {
    local resources=$1 words="" word
    shift
    for word in "$@"; do words="$words,\"$word\""; done
    cat > config.json <<JSON
{"ociVersion":"1.2.0","root":{"path":"rootfs"},
"process":{"args":[${words#,}],"env":["PATH=/bin"],"cwd":"/","capabilities":{"bounding":["CAP_MKNOD","CAP_SYS_ADMIN"],"effective":["CAP_MKNOD","CAP_SYS_ADMIN"],"permitted":["CAP_MKNOD","CAP_SYS_ADMIN"]}},
"mounts":[{"destination":"/proc","type":"proc","source":"proc"},{"destination":"/dev","type":"tmpfs","source":"tmpfs"},{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["ro"]}],
"linux":{"cgroupsPath":"/hako/$name","namespaces":[{"type":"pid"},{"type":"mount"},{"type":"ipc"},{"type":"cgroup"}],"resources":{$resources}}}
JSON
}
start() { hako runtime create "$name" < /dev/null > /tmp/console 2>&1 && hako runtime start "$name"; }
group() { cat "/sys/fs/cgroup/hako/$name/$1"; }
is() { [ "$1" = "$2" ] || { echo "it is \"$1\", not \"$2\""; return 1; }; }
holds() { case "$1" in *"$2"*) ;; *) echo "\"$1\" doesn't hold \"$2\""; return 1 ;; esac; }
code() { # CODE COMMAND...
    local wanted=$1 got=0
    shift
    "$@" || got=$?
    is "$got" "$wanted"
}
status() { hako runtime state "$name" | sed -n 's/.*"status": "\(.*\)".*/\1/p'; }

name=first
bundle '' true
check "a container runs on pure cgroup v2" code 0 hako runtime run first
holds "$(hako runtime features)" '"v2"' > /dev/null || echo "VM: FAILED  features don't name v2"
check "its cgroup is gone with it" [ ! -e /sys/fs/cgroup/hako/first ]

name=memory
bundle '"memory":{"limit":33554432,"swap":33554432}' sh -c 'exec tail /dev/zero'
check "a process that takes more memory than its limit is killed" code 137 hako runtime run memory
bundle '"memory":{"limit":33554432,"swap":50331648,"reservation":16777216}' sh -c 'sleep 2; tail /dev/zero; sleep 100'
check "a container with memory limits starts" start
check "memory.max is the limit" is "$(group memory.max)" 33554432
check "memory.swap.max is swap without memory" is "$(group memory.swap.max)" 16777216
check "memory.low is the reservation" is "$(group memory.low)" 16777216
hako runtime events memory > /tmp/events &
watcher=$!
for second in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do grep -q oom /tmp/events && break; sleep 1; done
check "an out-of-memory kill is reported as an event" grep -q '"type":"oom"' /tmp/events
check "the kernel counted it" holds "$(group memory.events)" "oom_kill 1"
check "a limit below what is in use is refused when asked to look" \
    sh -c 'echo "{\"memory\":{\"limit\":4096,\"checkBeforeUpdate\":true}}" | hako runtime update -r - memory && exit 1 || exit 0'
hako runtime delete -f memory
wait $watcher

name=pids
bundle '"pids":{"limit":4}' sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 60 & done; sleep 60'
start
sleep 2
check "no more processes than the limit" [ "$(group pids.current)" -le 4 ]
check "the kernel refused the rest" sh -c "grep -q 'max [1-9]' /sys/fs/cgroup/hako/pids/pids.events"
check "ps lists the members" [ "$(hako runtime ps -f json pids | tr ',' '\n' | wc -l)" -ge 1 ]
check "delete --force ends them all" hako runtime delete -f pids
check "and takes the cgroup away" [ ! -e /sys/fs/cgroup/hako/pids ]

name=cpu
bundle '"cpu":{"shares":1024,"quota":20000,"period":50000,"burst":10000,"cpus":"0","mems":"0"}' sleep 600
check "a container with CPU limits starts" start
check "1024 shares are weight 100" is "$(group cpu.weight)" 100
check "cpu.max has quota and period" is "$(group cpu.max)" "20000 50000"
check "cpu.max.burst has the burst" is "$(group cpu.max.burst)" 10000
check "cpuset.cpus has the CPUs" is "$(group cpuset.cpus)" 0
check "update changes the quota and keeps the period" hako runtime update --cpu-quota 30000 cpu
check "cpu.max has the new quota" is "$(group cpu.max)" "30000 50000"
check "update lifts the quota" hako runtime update --cpu-quota -1 cpu
check "cpu.max is max" is "$(group cpu.max)" "max 50000"
check "an exec joins the container's cgroup" holds "$(hako runtime exec cpu cat /proc/self/cgroup)" "0::/"
check "statistics have counters" holds "$(hako runtime events --stats cpu)" '"total":'

check "pause freezes" hako runtime pause cpu
check "cgroup.events says so" holds "$(group cgroup.events)" "frozen 1"
check "the state is paused" is "$(status)" paused
check "an exec in a paused container is refused" sh -c 'hako runtime exec cpu true && exit 1 || exit 0'
check "resume thaws" hako runtime resume cpu
check "the state is running" is "$(status)" running
check "a frozen container can be deleted by force" sh -c 'hako runtime pause cpu && hako runtime delete -f cpu'

name=devices
bundle '"devices":[{"allow":false,"access":"rwm"}]' sh -c 'echo x > /dev/null && head -c 1 /dev/zero > /dev/null'
check "the default devices are allowed" code 0 hako runtime run devices
bundle '"devices":[{"allow":false,"access":"rwm"}]' sh -c 'mknod /dev/kmsg c 1 11 && ! head -c 1 /dev/kmsg'
check "another device is denied by the BPF program" code 0 hako runtime run devices
bundle '"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":1,"minor":11,"access":"r"}]' \
    sh -c 'mknod /dev/kmsg c 1 11 && head -c 1 /dev/kmsg && ! echo x > /dev/kmsg'
check "an allowed one opens for reading, and not for writing" code 0 hako runtime run devices
bundle '"devices":[{"allow":false,"access":"rwm"}]' sleep 600
start
echo '{"devices":[{"allow":true,"type":"c","major":1,"minor":11,"access":"rwm"}]}' > /tmp/update
check "an update replaces the program" hako runtime update -r /tmp/update devices
check "the device opens now" hako runtime exec devices sh -c 'mknod /dev/kmsg c 1 11; head -c 1 /dev/kmsg'
hako runtime delete -f devices

name=io
device=$(cat /sys/block/ram0/dev)
bundle "\"blockIO\":{\"throttleWriteBpsDevice\":[{\"major\":${device%:*},\"minor\":${device#*:},\"rate\":1048576}],\"throttleReadIOPSDevice\":[{\"major\":${device%:*},\"minor\":${device#*:},\"rate\":50}]},\"unified\":{\"memory.high\":\"67108864\"}" sleep 600
check "a container with I/O limits starts" start
check "io.max has the rates" is "$(group io.max)" "$device rbps=max wbps=1048576 riops=50 wiops=max"
check "a unified key reaches its file" is "$(group memory.high)" 67108864
hako runtime delete -f io
check "nothing is left of all that" [ -z "$(ls -d /sys/fs/cgroup/hako/*/ 2> /dev/null)" ]

. /engine.sh
. /volumes.sh
. /cluster.sh
echo "VM: $passed passed, $failed failed"
poweroff -f
