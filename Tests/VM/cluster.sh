# Sourced by limits.sh in the test machine: a cluster of one node on pure cgroup v2.
export HOME=/root KUBECONFIG=/root/.kube/config
mkdir -p /root
kube() { hako kubectl "$@"; }
# Tries again until it succeeds: emulated, a step may take minutes.
soon() { # COMMAND...
    local second
    for second in $(seq 240); do "$@" > /tmp/soon 2>&1 && return 0; sleep 1; done
    tail -3 /tmp/soon
    return 1
}
# Groups, mounts and links that a cluster may leave.
traces() { find /sys/fs/cgroup -type d; awk '{print $5}' /proc/self/mountinfo; ip -o link | awk -F': ' '{print $2}'; }
hako daemon > /tmp/daemon.log 2>&1 &
daemon=$!
soon box version
traces | sort > /tmp/before

check "a cluster starts" hako start --wait-timeout 15m
[ "$(tail -1 /tmp/out | grep -c Done)" = 1 ] || { sed 's/^/VM: /' /tmp/out; box logs minikube 2>&1 | tail -20 | sed 's/^/VM: /'; }
kube apply -f - > /tmp/out 2>&1 << 'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: c
        image: box
        imagePullPolicy: IfNotPresent
        command: [sh, -c, "mkdir /www && echo hello > /www/index.html && exec busybox httpd -f -p 80 -h /www"]
        resources: {requests: {cpu: 100m, memory: 32Mi}, limits: {cpu: 500m, memory: 48Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: eater}
spec:
  restartPolicy: Never
  containers:
  - {name: c, image: box, imagePullPolicy: IfNotPresent, command: [tail, /dev/zero], resources: {limits: {memory: 32Mi}}}
YAML
check "a deployment runs" kube rollout status deployment/web --timeout=10m
uid=$(kube get pods -l app=web -o 'jsonpath={.items[0].metadata.uid}')
pods=/sys/fs/cgroup/hako/$(box inspect -f '{{.Id}}' minikube)/kubepods
pod=$pods/burstable/pod$uid
check "its pod's group has the memory of the whole" is "$(cat "$pod/memory.max")" 50331648
check "and the CPU" is "$(cat "$pod/cpu.max")" "50000 100000"
check "and the weight of 102 shares" is "$(cat "$pod/cpu.weight")" "$(cat "$pods/burstable/cpu.weight")"
check "best-effort pods have the least weight" is "$(cat "$pods/besteffort/cpu.weight")" 1
check "its container's group lies within" is "$(cat "$pod"/*/memory.max | sort)" "50331648
max"
check "exec is in the container's group" is "$(kube exec deploy/web -- cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max)" "50331648
50000 100000"
# A statically linked busybox resolves no names, so it has no wget.
answers() { printf 'GET / HTTP/1.0\r\n\r\n' | nc -w 5 192.168.49.2 "$port" | grep -q hello; }
port=$(kube get service web -o 'jsonpath={.spec.ports[0].nodePort}')
check "its service answers on the node's port" soon answers
ended() { [ "$(kube get pod eater -o 'jsonpath={.status.containerStatuses[0].state.terminated.reason} {.status.containerStatuses[0].state.terminated.exitCode}')" = "OOMKilled 137" ]; }
check "a pod that takes too much memory is OOMKilled" soon ended
check "the group of a pod that has ended is gone" is "$(find "$pods" -type d -name 'pod*' | grep -cv -e "$uid" -e "$uid/")" 0

check "the cluster stops" hako stop
check "its groups are gone" [ ! -e "$pods" ]
check "it starts again" hako start --wait-timeout 15m
check "the deployment is back" kube rollout status deployment/web --timeout=10m
check "its service answers again" soon answers
check "its pod has its limits again" is "$(cat "/sys/fs/cgroup/hako/$(box inspect -f '{{.Id}}' minikube)/kubepods/burstable/pod$uid/memory.max")" 50331648
check "the cluster goes" hako delete
box network prune -f > /dev/null
traces | sort > /tmp/after
check "and leaves nothing" is "$(comm -13 /tmp/before /tmp/after)" ""
kill $daemon
wait $daemon
check "the engine's own group goes with it" [ ! -e /sys/fs/cgroup/hako ]
