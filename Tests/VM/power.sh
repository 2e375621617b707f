#!/bin/busybox sh
# Process 1 of the power-loss test's machines. /job says what to do: `load SEED`, or `check COUNT BYTES`.
# Lines for the harness start with "VM: ".
/bin/busybox --install -s /bin
export PATH=/bin LD_LIBRARY_PATH=/libraries
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /data /tmp
mount -t tmpfs tmpfs /tmp
modprobe virtio_pci
modprobe virtio_blk
modprobe loop
read -r job first second < /job

load() { # SEED: until the power goes. The acknowledged writes leave through the second serial line.
    stty -F /dev/ttyS1 raw -echo
    mount -t ext4 /dev/vda /data || { echo "VM: FAILED mount"; poweroff -f; }
    echo "VM: load"
    seed=$1
    while true; do
        storagewriter write /data/store "$seed" 5 > /dev/ttyS1
        seed=$((seed + 1))
    done
}

check() { # COUNT BYTES: of the images that stand one after the other on the disk; /acknowledged/N are their lines.
    number=0
    while [ "$number" -lt "$1" ]; do
        losetup -o $((number * $2)) /dev/loop0 /dev/vda
        if mount -t ext4 /dev/loop0 /data 2> /tmp/err; then
            said=$(storagewriter recheck /data/store < /acknowledged/$number 2>&1 | tail -3 | tr '\n' ' ')
            umount /data
        else
            said="FAILED: mount: $(cat /tmp/err)"
        fi
        losetup -d /dev/loop0
        echo "VM: cut $number $said"
        number=$((number + 1))
    done
}

case $job in
    load) load "$first" ;;
    check) check "$first" "$second" ;;
esac
echo "VM: end"
poweroff -f
