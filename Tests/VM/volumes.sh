# Sourced by limits.sh in the test machine: volumes of a real NFS server, the kernel's own, on loopback.
mkdir -p /var/lib/nfs/v4recovery /var/lib/nfs/rpc_pipefs /export
touch /var/lib/nfs/etab /var/lib/nfs/rmtab
mount -t tmpfs tmpfs /export
modprobe nfsd
modprobe nfsv4
mount -t nfsd nfsd /proc/fs/nfsd
echo 1 > /proc/fs/nfsd/nfsv4leasetime 2> /dev/null
echo 1 > /proc/fs/nfsd/nfsv4gracetime 2> /dev/null
mkdir -p /export/data
echo from-the-server > /export/data/file
chmod 777 /export/data
echo '/export 127.0.0.1(rw,no_root_squash,no_subtree_check,insecure,fsid=0)' > /etc/exports
served() { LD_LIBRARY_PATH=/nfs "$@"; }
served exportfs -ra
served rpc.nfsd -N 3 2
served rpc.mountd -N 3 -N 2
check "a server of NFS 4 runs" holds "$(cat /proc/fs/nfsd/versions)" "+4.2"

hako daemon >> /tmp/daemon.log 2>&1 &
daemon=$!
for second in $(seq 120); do box version > /dev/null 2>&1 && break; sleep 1; done
box image inspect box > /dev/null 2>&1 || tar -c -C /bundle/rootfs . | box import - box > /dev/null
volume() { local name=$1; shift; box volume create --opt type=nfs --opt "$@" "$name" > /dev/null; }
mounts() { grep -c ' nfs4 ' /proc/mounts; }
volume byaddress o=addr=127.0.0.1,nfsvers=4,rw --opt device=:/data
check "a volume of an NFS server is read and written" \
    is "$(run --rm -v byaddress:/m box sh -c 'cat /m/file; echo written > /m/new')$(cat /export/data/new)" "from-the-serverwritten"
volume byname o=addr=storage,nfsvers=4,ro --opt device=:/data
check "its server may have a name, and it may be for reading only" \
    holds "$(run --rm -v byname:/m box sh -c 'cat /m/file; echo x > /m/x' 2>&1)" "Read-only file system"
run -d --name one -v byaddress:/m box sleep 1000 > /dev/null
run -d --name two -v byaddress:/m box sleep 1000 > /dev/null
check "containers share one mount" is "$(mounts)" 1
box rm -f one > /dev/null
check "which stays while one of them runs" is "$(box exec two cat /m/file)" from-the-server
kill -9 $daemon
hako daemon >> /tmp/daemon.log 2>&1 &
daemon=$!
for second in $(seq 120); do box version > /dev/null 2>&1 && break; sleep 1; done
check "and outlives a killed daemon" is "$(box exec two cat /m/file)" from-the-server
box rm -f two > /dev/null
check "and goes with the last" is "$(mounts)" 0
volume missing o=addr=127.0.0.1,nfsvers=4 --opt device=:/nope
check "what the server hasn't got is told" \
    holds "$(run --rm -v missing:/m box true 2>&1)" "failed to mount local volume: mount :/nope:"
volume nobody o=addr=nosuchhost --opt device=:/data
check "so is a server that isn't known" holds "$(run --rm -v nobody:/m box true 2>&1)" "lookup nosuchhost: no such host"
check "--mount takes the options" is "$(run --rm --mount \
    'type=volume,dst=/m,volume-opt=type=nfs,volume-opt=device=:/data,"volume-opt=o=addr=127.0.0.1,nfsvers=4.1"' \
    box cat /m/file)" from-the-server
check "volumes are removed" box volume rm byaddress byname missing nobody
kill $daemon
wait $daemon
