// swift-format-ignore-file: lines are requests as they were recorded
/// What the docker 28.2.2 client sent for these arguments, seen on a socket that recorded it.
enum Recorded {
    /// The body for `create alpine`.
    static let plainBody = #"""
        {"Hostname":"","Domainname":"","User":"","AttachStdin":false,"AttachStdout":true,"AttachStderr":true,"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":null,"Cmd":null,"Image":"alpine","Volumes":{},"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":{},"HostConfig":{"Binds":null,"ContainerIDFile":"","LogConfig":{"Type":"","Config":{}},"NetworkMode":"default","PortBindings":{},"RestartPolicy":{"Name":"no","MaximumRetryCount":0},"AutoRemove":false,"VolumeDriver":"","VolumesFrom":null,"ConsoleSize":[0,0],"CapAdd":null,"CapDrop":null,"CgroupnsMode":"","Dns":[],"DnsOptions":[],"DnsSearch":[],"ExtraHosts":null,"GroupAdd":null,"IpcMode":"","Cgroup":"","Links":null,"OomScoreAdj":0,"PidMode":"","Privileged":false,"PublishAllPorts":false,"ReadonlyRootfs":false,"SecurityOpt":null,"UTSMode":"","UsernsMode":"","ShmSize":0,"Isolation":"","CpuShares":0,"Memory":0,"NanoCpus":0,"CgroupParent":"","BlkioWeight":0,"BlkioWeightDevice":[],"BlkioDeviceReadBps":[],"BlkioDeviceWriteBps":[],"BlkioDeviceReadIOps":[],"BlkioDeviceWriteIOps":[],"CpuPeriod":0,"CpuQuota":0,"CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"","Devices":[],"DeviceCgroupRules":null,"DeviceRequests":null,"MemoryReservation":0,"MemorySwap":0,"MemorySwappiness":-1,"OomKillDisable":false,"PidsLimit":0,"Ulimits":[],"CpuCount":0,"CpuPercent":0,"IOMaximumIOps":0,"IOMaximumBandwidth":0,"MaskedPaths":null,"ReadonlyPaths":null},"NetworkingConfig":{"EndpointsConfig":{"default":{"IPAMConfig":null,"Links":null,"Aliases":null,"MacAddress":"","DriverOpts":null,"GwPriority":0,"NetworkID":"","EndpointID":"","Gateway":"","IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null}}}}
        """#

    /// Arguments, path and query, and the members of the body that differ from the plain one; `HostConfig.Memory` is
    /// the member of a member.
    static let creates: [(arguments: [String], path: String, changes: String)] = [
        (["create", "alpine"], "/containers/create", #"{}"#),
        (
            ["create", "-it", "alpine", "sh"], "/containers/create",
            #"{"AttachStdin":true,"Tty":true,"OpenStdin":true,"StdinOnce":true,"Cmd":["sh"]}"#
        ),
        (
            ["create", "-i", "alpine", "cat"], "/containers/create",
            #"{"AttachStdin":true,"OpenStdin":true,"StdinOnce":true,"Cmd":["cat"]}"#
        ),
        (["create", "-t", "alpine"], "/containers/create", #"{"Tty":true}"#),
        (["create", "-a", "stdout", "-a", "stderr", "alpine"], "/containers/create", #"{}"#),
        (
            ["create", "-a", "stdin", "alpine"], "/containers/create",
            #"{"AttachStdin":true,"AttachStdout":false,"AttachStderr":false}"#
        ),
        (
            ["create", "-p", "8080:80", "nginx"], "/containers/create",
            #"{"Image":"nginx","HostConfig.PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"}]},"ExposedPorts":{"80/tcp":{}}}"#
        ),
        (
            ["create", "-p", "8080:80/udp", "-p", "127.0.0.1:81:81", "-p", "9000-9002:80-82", "nginx"],
            "/containers/create",
            #"{"Image":"nginx","HostConfig.PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"9000"}],"80/udp":[{"HostIp":"","HostPort":"8080"}],"81/tcp":[{"HostIp":"127.0.0.1","HostPort":"81"},{"HostIp":"","HostPort":"9001"}],"82/tcp":[{"HostIp":"","HostPort":"9002"}]},"ExposedPorts":{"80/tcp":{},"80/udp":{},"81/tcp":{},"82/tcp":{}}}"#
        ),
        (
            ["create", "-p", "80", "-p", "90-91", "nginx"], "/containers/create",
            #"{"Image":"nginx","HostConfig.PortBindings":{"80/tcp":[{"HostIp":"","HostPort":""}],"90/tcp":[{"HostIp":"","HostPort":""}],"91/tcp":[{"HostIp":"","HostPort":""}]},"ExposedPorts":{"80/tcp":{},"90/tcp":{},"91/tcp":{}}}"#
        ),
        (
            ["create", "-p", "[::1]:8080:80", "nginx"], "/containers/create",
            #"{"Image":"nginx","HostConfig.PortBindings":{"80/tcp":[{"HostIp":"::1","HostPort":"8080"}]},"ExposedPorts":{"80/tcp":{}}}"#
        ),
        (
            ["create", "-p", "127.0.0.1::80", "nginx"], "/containers/create",
            #"{"Image":"nginx","HostConfig.PortBindings":{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":""}]},"ExposedPorts":{"80/tcp":{}}}"#
        ),
        (
            ["create", "-p", "8000-8010:80", "nginx"], "/containers/create",
            #"{"Image":"nginx","HostConfig.PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8000-8010"}]},"ExposedPorts":{"80/tcp":{}}}"#
        ),
        (
            ["create", "-p", "published=8080,target=80,protocol=udp", "nginx"], "/containers/create",
            #"{"Image":"nginx","HostConfig.PortBindings":{"80/udp":[{"HostIp":"","HostPort":"8080"}]},"ExposedPorts":{"80/udp":{}}}"#
        ),
        (
            ["create", "-P", "--expose", "80", "--expose", "90-92/udp", "nginx"], "/containers/create",
            #"{"Image":"nginx","HostConfig.PublishAllPorts":true,"ExposedPorts":{"80/tcp":{},"90/udp":{},"91/udp":{},"92/udp":{}}}"#
        ),
        (
            ["create", "-p", "8080:80", "-p", "8081:80", "nginx"], "/containers/create",
            #"{"Image":"nginx","HostConfig.PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"},{"HostIp":"","HostPort":"8081"}]},"ExposedPorts":{"80/tcp":{}}}"#
        ),
        (
            ["create", "-v", "/h:/c", "-v", "named:/d:ro", "-v", "/anon", "alpine"], "/containers/create",
            #"{"Volumes":{"/anon":{}},"HostConfig.Binds":["/h:/c","named:/d:ro"]}"#
        ),
        (
            ["create", "--mount", "type=bind,src=/h,dst=/c,readonly", "alpine"], "/containers/create",
            #"{"HostConfig.Mounts":[{"Type":"bind","Source":"/h","Target":"/c","ReadOnly":true}]}"#
        ),
        (
            [
                "create", "--mount",
                "type=volume,source=v,target=/c,volume-nocopy,volume-opt=type=nfs,volume-opt=o=addr=1", "alpine",
            ], "/containers/create",
            #"{"HostConfig.Mounts":[{"Type":"volume","Source":"v","Target":"/c","VolumeOptions":{"NoCopy":true,"DriverConfig":{"Options":{"o":"addr=1","type":"nfs"}}}}]}"#
        ),
        (
            ["create", "--mount", "type=tmpfs,destination=/t,tmpfs-size=64m,tmpfs-mode=1770", "alpine"],
            "/containers/create",
            #"{"HostConfig.Mounts":[{"Type":"tmpfs","Target":"/t","TmpfsOptions":{"SizeBytes":67108864,"Mode":1016}}]}"#
        ),
        (
            ["create", "--mount", "dst=/c", "alpine"], "/containers/create",
            #"{"HostConfig.Mounts":[{"Type":"volume","Target":"/c"}]}"#
        ),
        (
            ["create", "--mount", "type=bind,src=/h,dst=/c,bind-propagation=rslave,bind-recursive=disabled", "alpine"],
            "/containers/create",
            #"{"HostConfig.Mounts":[{"Type":"bind","Source":"/h","Target":"/c","BindOptions":{"Propagation":"rslave","NonRecursive":true}}]}"#
        ),
        (
            ["create", "--mount", "type=image,src=alpine,dst=/c,image-subpath=/etc", "alpine"], "/containers/create",
            #"{"HostConfig.Mounts":[{"Type":"image","Source":"alpine","Target":"/c","ImageOptions":{"Subpath":"/etc"}}]}"#
        ),
        (
            ["create", "--tmpfs", "/t", "--tmpfs", "/u:size=1m,exec", "alpine"], "/containers/create",
            #"{"HostConfig.Tmpfs":{"/t":"","/u":"size=1m,exec"}}"#
        ),
        (
            ["create", "--volumes-from", "a", "--volumes-from", "b:ro", "alpine"], "/containers/create",
            #"{"HostConfig.VolumesFrom":["a","b:ro"]}"#
        ),
        (
            [
                "create", "-w", "/x", "-u", "1000:1000", "--group-add", "5", "--hostname", "h", "--domainname", "d",
                "alpine",
            ], "/containers/create",
            #"{"Hostname":"h","Domainname":"d","User":"1000:1000","WorkingDir":"/x","HostConfig.GroupAdd":["5"]}"#
        ),
        (
            ["create", "--restart", "on-failure:5", "alpine"], "/containers/create",
            #"{"HostConfig.RestartPolicy":{"Name":"on-failure","MaximumRetryCount":5}}"#
        ),
        (
            ["create", "--restart", "unless-stopped", "alpine"], "/containers/create",
            #"{"HostConfig.RestartPolicy":{"Name":"unless-stopped","MaximumRetryCount":0}}"#
        ),
        (
            [
                "create", "-m", "64m", "--memory-swap", "-1", "--memory-reservation", "32m", "--memory-swappiness",
                "10", "alpine",
            ], "/containers/create",
            #"{"HostConfig.Memory":67108864,"HostConfig.MemoryReservation":33554432,"HostConfig.MemorySwap":-1,"HostConfig.MemorySwappiness":10}"#
        ),
        (
            [
                "create", "--cpus", "1.5", "-c", "512", "--cpu-period", "100000", "--cpu-quota", "50000",
                "--cpuset-cpus", "0-1", "--cpuset-mems", "0", "alpine",
            ], "/containers/create",
            #"{"HostConfig.CpuShares":512,"HostConfig.NanoCpus":1500000000,"HostConfig.CpuPeriod":100000,"HostConfig.CpuQuota":50000,"HostConfig.CpusetCpus":"0-1","HostConfig.CpusetMems":"0"}"#
        ),
        (
            ["create", "--cpu-rt-period", "1000", "--cpu-rt-runtime", "500", "alpine"], "/containers/create",
            #"{"HostConfig.CpuRealtimePeriod":1000,"HostConfig.CpuRealtimeRuntime":500}"#
        ),
        (
            [
                "create", "--blkio-weight", "300", "--blkio-weight-device", "/dev/sda:200", "--device-read-bps",
                "/dev/sda:1mb", "--device-write-bps", "/dev/sda:2m", "--device-read-iops", "/dev/sda:100",
                "--device-write-iops", "/dev/sda:200", "alpine",
            ], "/containers/create",
            #"{"HostConfig.BlkioWeight":300,"HostConfig.BlkioWeightDevice":[{"Path":"/dev/sda","Weight":200}],"HostConfig.BlkioDeviceReadBps":[{"Path":"/dev/sda","Rate":1048576}],"HostConfig.BlkioDeviceWriteBps":[{"Path":"/dev/sda","Rate":2097152}],"HostConfig.BlkioDeviceReadIOps":[{"Path":"/dev/sda","Rate":100}],"HostConfig.BlkioDeviceWriteIOps":[{"Path":"/dev/sda","Rate":200}]}"#
        ),
        (
            [
                "create", "--device", "/dev/null", "--device", "/dev/zero:/dev/z", "--device", "/dev/full:/dev/f:r",
                "--device", "/dev/tty:rw", "--device-cgroup-rule", "c 1:* rmw", "alpine",
            ], "/containers/create",
            #"{"HostConfig.Devices":[{"PathOnHost":"/dev/null","PathInContainer":"/dev/null","CgroupPermissions":"rwm"},{"PathOnHost":"/dev/zero","PathInContainer":"/dev/z","CgroupPermissions":"rwm"},{"PathOnHost":"/dev/full","PathInContainer":"/dev/f","CgroupPermissions":"r"},{"PathOnHost":"/dev/tty","PathInContainer":"/dev/tty","CgroupPermissions":"rw"}],"HostConfig.DeviceCgroupRules":["c 1:* rmw"]}"#
        ),
        (
            ["create", "--device", "vendor.com/class=name", "alpine"], "/containers/create",
            #"{"HostConfig.DeviceRequests":[{"Driver":"cdi","Count":0,"DeviceIDs":["vendor.com/class=name"],"Capabilities":null,"Options":null}]}"#
        ),
        (
            ["create", "--entrypoint", "/bin/x", "alpine", "a", "b"], "/containers/create",
            #"{"Cmd":["a","b"],"Entrypoint":["/bin/x"]}"#
        ),
        (["create", "--entrypoint=", "alpine", "a"], "/containers/create", #"{"Cmd":["a"],"Entrypoint":[""]}"#),
        (
            ["create", "--read-only", "--init", "alpine"], "/containers/create",
            #"{"HostConfig.ReadonlyRootfs":true,"HostConfig.Init":true}"#
        ),
        (["create", "--init=false", "alpine"], "/containers/create", #"{"HostConfig.Init":false}"#),
        (
            [
                "create", "--network", "mynet", "--network-alias", "a1", "--network-alias", "a2", "--ip", "10.0.0.5",
                "alpine",
            ], "/containers/create",
            #"{"HostConfig.NetworkMode":"mynet","NetworkingConfig.EndpointsConfig":{"mynet":{"IPAMConfig":{"IPv4Address":"10.0.0.5"},"Links":null,"Aliases":["a1","a2"],"MacAddress":"","DriverOpts":null,"GwPriority":0,"NetworkID":"","EndpointID":"","Gateway":"","IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null}}}"#
        ),
        (
            [
                "create", "--network", "name=mynet,alias=x,ip=10.0.0.4,driver-opt=a=b,gw-priority=5", "--network",
                "other", "alpine",
            ], "/containers/create",
            #"{"HostConfig.NetworkMode":"mynet","NetworkingConfig.EndpointsConfig":{"mynet":{"IPAMConfig":{"IPv4Address":"10.0.0.4"},"Links":null,"Aliases":["x"],"MacAddress":"","DriverOpts":{"a":"b"},"GwPriority":5,"NetworkID":"","EndpointID":"","Gateway":"","IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null},"other":{"IPAMConfig":null,"Links":null,"Aliases":null,"MacAddress":"","DriverOpts":null,"GwPriority":0,"NetworkID":"","EndpointID":"","Gateway":"","IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null}}}"#
        ),
        (
            ["create", "--network", "host", "alpine"], "/containers/create",
            #"{"HostConfig.NetworkMode":"host","NetworkingConfig.EndpointsConfig":{}}"#
        ),
        (
            ["create", "--network", "none", "alpine"], "/containers/create",
            #"{"HostConfig.NetworkMode":"none","NetworkingConfig.EndpointsConfig":{}}"#
        ),
        (
            ["create", "--network", "container:abc", "alpine"], "/containers/create",
            #"{"HostConfig.NetworkMode":"container:abc","NetworkingConfig.EndpointsConfig":{}}"#
        ),
        (
            ["create", "--network", "mynet", "--link", "db:database", "--mac-address", "92:d0:c6:0a:29:33", "alpine"],
            "/containers/create",
            #"{"HostConfig.NetworkMode":"mynet","HostConfig.Links":["db:database"],"NetworkingConfig.EndpointsConfig":{"mynet":{"IPAMConfig":null,"Links":["db:database"],"Aliases":null,"MacAddress":"92:d0:c6:0a:29:33","DriverOpts":null,"GwPriority":0,"NetworkID":"","EndpointID":"","Gateway":"","IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null}}}"#
        ),
        (["create", "--link", "db", "alpine"], "/containers/create", #"{"HostConfig.Links":["db"]}"#),
        (
            ["create", "--net", "bridge", "alpine"], "/containers/create",
            #"{"HostConfig.NetworkMode":"bridge","NetworkingConfig.EndpointsConfig":{}}"#
        ),
        (
            ["create", "--mac-address", "92:d0:c6:0a:29:33", "alpine"], "/containers/create",
            #"{"NetworkingConfig.EndpointsConfig":{"default":{"IPAMConfig":null,"Links":null,"Aliases":null,"MacAddress":"92:d0:c6:0a:29:33","DriverOpts":null,"GwPriority":0,"NetworkID":"","EndpointID":"","Gateway":"","IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null}}}"#
        ),
        (
            ["create", "--ip6", "2001:db8::33", "--link-local-ip", "169.254.1.1", "--network", "n", "alpine"],
            "/containers/create",
            #"{"HostConfig.NetworkMode":"n","NetworkingConfig.EndpointsConfig":{"n":{"IPAMConfig":{"IPv6Address":"2001:db8::33","LinkLocalIPs":["169.254.1.1"]},"Links":null,"Aliases":null,"MacAddress":"","DriverOpts":null,"GwPriority":0,"NetworkID":"","EndpointID":"","Gateway":"","IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null}}}"#
        ),
        (
            [
                "create", "--dns", "1.1.1.1", "--dns", "8.8.8.8", "--dns-search", "example.com", "--dns-option",
                "ndots:2", "--add-host", "a:1.2.3.4", "--add-host", "b=::1", "--add-host",
                "host.docker.internal:host-gateway", "alpine",
            ], "/containers/create",
            #"{"HostConfig.Dns":["1.1.1.1","8.8.8.8"],"HostConfig.DnsOptions":["ndots:2"],"HostConfig.DnsSearch":["example.com"],"HostConfig.ExtraHosts":["a:1.2.3.4","b:::1","host.docker.internal:host-gateway"]}"#
        ),
        (
            [
                "create", "--ulimit", "nofile=1024:2048", "--ulimit", "nproc=5", "--ulimit", "core=-1", "--shm-size",
                "128m", "alpine",
            ], "/containers/create",
            #"{"HostConfig.ShmSize":134217728,"HostConfig.Ulimits":[{"Name":"core","Hard":-1,"Soft":-1},{"Name":"nofile","Hard":2048,"Soft":1024},{"Name":"nproc","Hard":5,"Soft":5}]}"#
        ),
        (
            [
                "create", "--health-cmd", "curl x", "--health-interval", "30s", "--health-timeout", "5s",
                "--health-retries", "3", "--health-start-period", "1m", "--health-start-interval", "2s", "alpine",
            ], "/containers/create",
            #"{"Healthcheck":{"Test":["CMD-SHELL","curl x"],"Interval":30000000000,"Timeout":5000000000,"StartPeriod":60000000000,"StartInterval":2000000000,"Retries":3}}"#
        ),
        (["create", "--no-healthcheck", "alpine"], "/containers/create", #"{"Healthcheck":{"Test":["NONE"]}}"#),
        (
            ["create", "--log-driver", "json-file", "--log-opt", "max-size=10m", "--log-opt", "max-file=3", "alpine"],
            "/containers/create",
            #"{"HostConfig.LogConfig":{"Type":"json-file","Config":{"max-file":"3","max-size":"10m"}}}"#
        ),
        (
            ["create", "--stop-signal", "SIGQUIT", "--stop-timeout", "30", "alpine"], "/containers/create",
            #"{"StopSignal":"SIGQUIT","StopTimeout":30}"#
        ),
        (
            ["create", "--cap-add", "NET_ADMIN", "--cap-add", "cap_sys_time", "--cap-drop", "all", "alpine"],
            "/containers/create",
            #"{"HostConfig.CapAdd":["CAP_NET_ADMIN","CAP_SYS_TIME"],"HostConfig.CapDrop":["ALL"]}"#
        ),
        (
            [
                "create", "--privileged", "--security-opt", "no-new-privileges", "--security-opt", "label=disable",
                "alpine",
            ], "/containers/create",
            #"{"HostConfig.Privileged":true,"HostConfig.SecurityOpt":["no-new-privileges","label=disable"]}"#
        ),
        (
            ["create", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=x", "alpine"],
            "/containers/create", #"{"HostConfig.SecurityOpt":["seccomp=unconfined","apparmor=x"]}"#
        ),
        (
            ["create", "--security-opt", "systempaths=unconfined", "alpine"], "/containers/create",
            #"{"HostConfig.SecurityOpt":[],"HostConfig.MaskedPaths":[],"HostConfig.ReadonlyPaths":[]}"#
        ),
        (
            [
                "create", "--sysctl", "net.ipv4.ip_forward=1", "--pid", "host", "--ipc", "shareable", "--uts", "host",
                "--userns", "host", "--cgroupns", "private", "--cgroup-parent", "/x", "alpine",
            ], "/containers/create",
            #"{"HostConfig.CgroupnsMode":"private","HostConfig.IpcMode":"shareable","HostConfig.PidMode":"host","HostConfig.UTSMode":"host","HostConfig.UsernsMode":"host","HostConfig.CgroupParent":"/x","HostConfig.Sysctls":{"net.ipv4.ip_forward":"1"}}"#
        ),
        (
            ["create", "--pid", "container:abc", "--ipc", "container:abc", "alpine"], "/containers/create",
            #"{"HostConfig.IpcMode":"container:abc","HostConfig.PidMode":"container:abc"}"#
        ),
        (
            [
                "create", "--oom-kill-disable", "--oom-score-adj", "500", "--pids-limit", "100", "--runtime", "runc",
                "--isolation", "default", "alpine",
            ], "/containers/create",
            #"{"HostConfig.OomScoreAdj":500,"HostConfig.Isolation":"default","HostConfig.OomKillDisable":true,"HostConfig.PidsLimit":100,"HostConfig.Runtime":"runc"}"#
        ),
        (
            ["create", "--annotation", "a=b", "--storage-opt", "size=10G", "alpine"], "/containers/create",
            #"{"HostConfig.Annotations":{"a":"b"},"HostConfig.StorageOpt":{"size":"10G"}}"#
        ),
        (["create", "--platform", "linux/arm64", "alpine"], "/containers/create?platform=linux%2Farm64", #"{}"#),
        (["create", "--name", "foo", "--quiet", "alpine"], "/containers/create?name=foo", #"{}"#),
        (
            ["create", "--gpus", "all", "alpine"], "/containers/create",
            #"{"HostConfig.DeviceRequests":[{"Driver":"","Count":-1,"DeviceIDs":null,"Capabilities":[["gpu"]],"Options":{}}]}"#
        ),
        (
            ["create", "--gpus", "device=0", "alpine"], "/containers/create",
            #"{"HostConfig.DeviceRequests":[{"Driver":"","Count":0,"DeviceIDs":["0"],"Capabilities":[["gpu"]],"Options":{}}]}"#
        ),
        (
            ["create", "--rm", "--kernel-memory", "50m", "alpine"], "/containers/create",
            #"{"HostConfig.AutoRemove":true}"#
        ),
        (
            ["run", "-d", "--rm", "alpine"], "/containers/create",
            #"{"AttachStdout":false,"AttachStderr":false,"HostConfig.AutoRemove":true}"#
        ),
        (
            ["run", "-d", "-p", "8080:80", "--name", "my-nginx", "nginx"], "/containers/create?name=my-nginx",
            #"{"AttachStdout":false,"AttachStderr":false,"Image":"nginx","HostConfig.PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"}]},"ExposedPorts":{"80/tcp":{}}}"#
        ),
        (
            ["run", "-dit", "alpine", "sh", "-c", "echo hi"], "/containers/create",
            #"{"AttachStdout":false,"AttachStderr":false,"Tty":true,"OpenStdin":true,"Cmd":["sh","-c","echo hi"]}"#
        ),
        (
            ["run", "-d", "--restart", "always", "alpine", "-x", "--flag"], "/containers/create",
            #"{"AttachStdout":false,"AttachStderr":false,"Cmd":["-x","--flag"],"HostConfig.RestartPolicy":{"Name":"always","MaximumRetryCount":0}}"#
        ),
    ]

    /// Arguments of other commands, path and query, and body.
    static let others: [(arguments: [String], path: String, body: String)] = [
        (
            ["update", "-m", "64m", "--cpus", "2", "--restart", "no", "--pids-limit", "5", "c1"],
            "/containers/c1/update",
            #"{"CpuShares":0,"Memory":67108864,"NanoCpus":2000000000,"CgroupParent":"","BlkioWeight":0,"BlkioWeightDevice":null,"BlkioDeviceReadBps":null,"BlkioDeviceWriteBps":null,"BlkioDeviceReadIOps":null,"BlkioDeviceWriteIOps":null,"CpuPeriod":0,"CpuQuota":0,"CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"","Devices":null,"DeviceCgroupRules":null,"DeviceRequests":null,"MemoryReservation":0,"MemorySwap":0,"MemorySwappiness":null,"OomKillDisable":null,"PidsLimit":5,"Ulimits":null,"CpuCount":0,"CpuPercent":0,"IOMaximumIOps":0,"IOMaximumBandwidth":0,"RestartPolicy":{"Name":"no","MaximumRetryCount":0}}"#
        ),
        (
            ["update", "--cpu-shares", "100", "c1", "c2"], "/containers/c1/update",
            #"{"CpuShares":100,"Memory":0,"NanoCpus":0,"CgroupParent":"","BlkioWeight":0,"BlkioWeightDevice":null,"BlkioDeviceReadBps":null,"BlkioDeviceWriteBps":null,"BlkioDeviceReadIOps":null,"BlkioDeviceWriteIOps":null,"CpuPeriod":0,"CpuQuota":0,"CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"","Devices":null,"DeviceCgroupRules":null,"DeviceRequests":null,"MemoryReservation":0,"MemorySwap":0,"MemorySwappiness":null,"OomKillDisable":null,"PidsLimit":null,"Ulimits":null,"CpuCount":0,"CpuPercent":0,"IOMaximumIOps":0,"IOMaximumBandwidth":0,"RestartPolicy":{"Name":"","MaximumRetryCount":0}}"#
        ),
        (
            ["update", "--cpu-shares", "100", "c1", "c2"], "/containers/c2/update",
            #"{"CpuShares":100,"Memory":0,"NanoCpus":0,"CgroupParent":"","BlkioWeight":0,"BlkioWeightDevice":null,"BlkioDeviceReadBps":null,"BlkioDeviceWriteBps":null,"BlkioDeviceReadIOps":null,"BlkioDeviceWriteIOps":null,"CpuPeriod":0,"CpuQuota":0,"CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"","Devices":null,"DeviceCgroupRules":null,"DeviceRequests":null,"MemoryReservation":0,"MemorySwap":0,"MemorySwappiness":null,"OomKillDisable":null,"PidsLimit":null,"Ulimits":null,"CpuCount":0,"CpuPercent":0,"IOMaximumIOps":0,"IOMaximumBandwidth":0,"RestartPolicy":{"Name":"","MaximumRetryCount":0}}"#
        ),
        (
            ["network", "create", "n1"], "/networks/create",
            #"{"Driver":"bridge","Scope":"","IPAM":{"Driver":"default","Options":{},"Config":[]},"Internal":false,"Attachable":false,"Ingress":false,"ConfigOnly":false,"ConfigFrom":null,"Options":{},"Labels":{},"Name":"n1"}"#
        ),
        (
            [
                "network", "create", "--driver", "bridge", "--subnet", "10.1.0.0/16", "--gateway", "10.1.0.1",
                "--ip-range", "10.1.1.0/24", "--aux-address", "h=10.1.0.9", "-o", "com.docker.network.bridge.name=br9",
                "--label", "a=b", "--internal", "--attachable", "n2",
            ], "/networks/create",
            #"{"Driver":"bridge","Scope":"","IPAM":{"Driver":"default","Options":{},"Config":[{"Subnet":"10.1.0.0/16","IPRange":"10.1.1.0/24","Gateway":"10.1.0.1","AuxiliaryAddresses":{"h":"10.1.0.9"}}]},"Internal":true,"Attachable":true,"Ingress":false,"ConfigOnly":false,"ConfigFrom":null,"Options":{"com.docker.network.bridge.name":"br9"},"Labels":{"a":"b"},"Name":"n2"}"#
        ),
        (
            ["network", "create", "--ipv6", "--subnet", "10.2.0.0/16", "--subnet", "fd00:1::/64", "n3"],
            "/networks/create",
            #"{"Driver":"bridge","Scope":"","EnableIPv6":true,"IPAM":{"Driver":"default","Options":{},"Config":[{"Subnet":"10.2.0.0/16"},{"Subnet":"fd00:1::/64"}]},"Internal":false,"Attachable":false,"Ingress":false,"ConfigOnly":false,"ConfigFrom":null,"Options":{},"Labels":{},"Name":"n3"}"#
        ),
        (
            ["network", "create", "--ipv4=false", "--ipv6", "n4"], "/networks/create",
            #"{"Driver":"bridge","Scope":"","EnableIPv4":false,"EnableIPv6":true,"IPAM":{"Driver":"default","Options":{},"Config":[]},"Internal":false,"Attachable":false,"Ingress":false,"ConfigOnly":false,"ConfigFrom":null,"Options":{},"Labels":{},"Name":"n4"}"#
        ),
        (
            ["network", "connect", "n1", "c1"], "/networks/n1/connect",
            #"{"Container":"c1","EndpointConfig":{"IPAMConfig":{},"Links":null,"Aliases":[],"MacAddress":"","DriverOpts":{},"GwPriority":0,"NetworkID":"","EndpointID":"","Gateway":"","IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null}}"#
        ),
        (
            [
                "network", "connect", "--ip", "10.1.0.7", "--alias", "a", "--link", "x:y", "--driver-opt", "k=v", "n1",
                "c1",
            ], "/networks/n1/connect",
            #"{"Container":"c1","EndpointConfig":{"IPAMConfig":{"IPv4Address":"10.1.0.7"},"Links":["x:y"],"Aliases":["a"],"MacAddress":"","DriverOpts":{"k":"v"},"GwPriority":0,"NetworkID":"","EndpointID":"","Gateway":"","IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null}}"#
        ),
        (["network", "disconnect", "-f", "n1", "c1"], "/networks/n1/disconnect", #"{"Container":"c1","Force":true}"#),
        (["volume", "create"], "/volumes/create", #"{"Driver":"local"}"#),
        (["volume", "create", "v1"], "/volumes/create", #"{"Driver":"local","Name":"v1"}"#),
        (
            ["volume", "create", "-d", "local", "-o", "type=tmpfs", "-o", "device=tmpfs", "--label", "a=b", "v2"],
            "/volumes/create",
            #"{"Driver":"local","DriverOpts":{"device":"tmpfs","type":"tmpfs"},"Labels":{"a":"b"},"Name":"v2"}"#
        ),
        (
            ["commit", "c1", "repo:tag"],
            "/commit?author=&comment=&container=c1&repo=docker.io%2Flibrary%2Frepo&tag=tag", #"null"#
        ),
        (
            ["commit", "-a", "me", "-m", "msg", "-c", #"CMD ["x"]"#, "-p=false", "c1", "repo"],
            "/commit?author=me&changes=CMD%20%5B%22x%22%5D&comment=msg&container=c1&pause=0&repo=docker.io%2Flibrary%2Frepo&tag=latest",
            #"null"#
        ),
        (["commit", "c1"], "/commit?author=&comment=&container=c1&repo=&tag=", #"null"#),
        (
            ["exec", "-d", "c1", "ls", "-la"], "/containers/c1/exec",
            #"{"User":"","Privileged":false,"Tty":false,"AttachStdin":false,"AttachStderr":false,"AttachStdout":false,"Detach":true,"DetachKeys":"","Env":null,"WorkingDir":"","Cmd":["ls","-la"]}"#
        ),
        (
            ["exec", "-e", "A=1", "-u", "root", "-w", "/x", "--privileged", "c1", "sh"], "/containers/c1/exec",
            #"{"User":"root","Privileged":true,"Tty":false,"AttachStdin":false,"AttachStderr":true,"AttachStdout":true,"Detach":false,"DetachKeys":"","Env":["A=1"],"WorkingDir":"/x","Cmd":["sh"]}"#
        ),
        (
            ["exec", "-i", "c1", "cat"], "/containers/c1/exec",
            #"{"User":"","Privileged":false,"Tty":false,"AttachStdin":true,"AttachStderr":true,"AttachStdout":true,"Detach":false,"DetachKeys":"","Env":null,"WorkingDir":"","Cmd":["cat"]}"#
        ),
        (
            ["exec", "--detach-keys", "ctrl-a", "-d", "-t", "c1", "x"], "/containers/c1/exec",
            #"{"User":"","Privileged":false,"Tty":true,"ConsoleSize":[0,0],"AttachStdin":false,"AttachStderr":false,"AttachStdout":false,"Detach":true,"DetachKeys":"ctrl-a","Env":null,"WorkingDir":"","Cmd":["x"]}"#
        ),
    ]
}
