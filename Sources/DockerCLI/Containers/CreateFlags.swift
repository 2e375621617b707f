import CommandLine

extension Flag where Options == CreateOptions {
    /// The flags that `run` and `create` share.
    static var creating: [Flag<CreateOptions>] {
        resources + devices + identity + networking + storage + process + [
            .text("cidfile", \.idFile, "File to write the container's ID to"),
            .text("name", \.name, "Name for the container"),
            .text("platform", \.platform, "Platform to use when the server has several"),
            .toggle("quiet", short: "q", \.quiet, "Don't show the progress of pulls"),
            .toggle("disable-content-trust", \.ignored, default: true, "Don't check the image's signature"),
            .toggle("use-api-socket", \.ignored, "Give the container the Docker API socket and the credentials"),
            .toggle("rm", \.autoRemove, "Remove the container and its anonymous volumes when it exits"),
            Flag(
                "restart", value: "string", help: "When to start the container again after it exits",
                shownDefault: "\"no\""
            ) {
                $0.restart = $1
            },
        ]
    }

    private static var resources: [Flag<CreateOptions>] {
        [
            .uint16("blkio-weight", \.blkioWeight, "Relative weight of block IO, 10 to 1000; 0 turns it off"),
            .int("cpu-count", \.cpuCount, "Number of CPUs (Windows only)").hidden,
            .int("cpu-percent", \.cpuPercent, "Share of the CPUs in percent (Windows only)").hidden,
            .int("cpu-period", \.cpuPeriod, "Period of the CPU quota (CFS), in microseconds"),
            .int("cpu-quota", \.cpuQuota, "CPU time in each period (CFS), in microseconds"),
            .int("cpu-rt-period", \.cpuRealtimePeriod, "Period of real-time CPU time, in microseconds"),
            .int("cpu-rt-runtime", \.cpuRealtimeRuntime, "Real-time CPU time in each period, in microseconds"),
            .int("cpu-shares", short: "c", \.cpuShares, "Relative weight of CPU time"),
            Flag("cpus", value: "decimal", help: "How many CPUs the container may use") {
                $0.nanoCPUs = try CreateValue.nanoCPUs($1)
            },
            .text("cpuset-cpus", \.cpusetCPUs, "CPUs to run on (0-3, 0,1)"),
            .text("cpuset-mems", \.cpusetMems, "Memory nodes to use (0-3, 0,1)"),
            .bytes("io-maxbandwidth", \.ioMaxBandwidth, "Most IO per second on the system drive (Windows only)")
                .hidden,
            .uint("io-maxiops", \.ioMaxIOps, "Most IO operations per second on the system drive (Windows only)")
                .hidden,
            .bytes("kernel-memory", \.kernelMemory, "Most memory of the kernel for the container"),
            .bytes("memory", short: "m", \.memory, "Most memory"),
            .bytes("memory-reservation", \.memoryReservation, "Memory that is left to the container under pressure"),
            .bytes(
                "memory-swap", \.memorySwap, unlimitedAllowed: true,
                "Memory and swap together; '-1' for no limit on swap"),
            .int("memory-swappiness", \.swappiness, default: -1, "How readily memory is swapped out (0 to 100)"),
            .toggle("oom-kill-disable", \.oomKillDisable, "Turn the OOM killer off"),
            .int(
                "oom-score-adj", \.oomScoreAdjustment, "How readily the OOM killer picks the container (-1000 to 1000)"),
            .int("pids-limit", \.pidsLimit, "Most processes (-1 for no limit)"),
            .bytes("shm-size", \.shmSize, "Size of /dev/shm"),
            Flag("ulimit", value: "ulimit", help: "Resource limits of processes", shownDefault: "[]") {
                let limit = try CreateValue.ulimit($1)
                $0.ulimits.removeAll { $0.name == limit.name }
                $0.ulimits.append(limit)
            },
        ]
    }

    private static var devices: [Flag<CreateOptions>] {
        [
            .limits("blkio-weight-device", \.blkioWeightDevices, "Relative weight of block IO on a device") {
                try CreateValue.deviceWeight($0)
            },
            .list("device", \.devices, "Device of the host to give to the container"),
            .list(
                "device-cgroup-rule", \.deviceRules, "Rule for the list of allowed devices",
                check: CreateValue.deviceRule),
            .limits("device-read-bps", \.readBps, "Most bytes read from a device per second") {
                try CreateValue.deviceRate($0)
            },
            .limits("device-read-iops", \.readIOps, "Most reads from a device per second") {
                try CreateValue.deviceCount($0)
            },
            .limits("device-write-bps", \.writeBps, "Most bytes written to a device per second") {
                try CreateValue.deviceRate($0)
            },
            .limits("device-write-iops", \.writeIOps, "Most writes to a device per second") {
                try CreateValue.deviceCount($0)
            },
            Flag("gpus", value: "gpu-request", help: "GPUs to give to the container ('all' for all of them)") {
                $0.gpus.append(try CreateValue.gpus($1))
            },
        ]
    }

    private static var identity: [Flag<CreateOptions>] {
        [
            Flag(
                "annotation", value: "map", help: "Annotation of the container, handed to the OCI runtime",
                shownDefault: "map[]"
            ) {
                $0.annotations.append($1)
            },
            .text("domainname", \.domainName, "NIS domain name of the container"),
            .list("group-add", \.groupAdd, "Additional group to be in"),
            .text("hostname", short: "h", \.hostname, "Host name of the container"),
            .list("label", short: "l", \.labels, "Label of the container", check: CreateValue.label),
            .list("label-file", \.labelFiles, "File with a label on each line"),
            .text("user", short: "u", \.user, "User name or UID (format: <name|uid>[:<group|gid>])"),
            .text("userns", \.userns, "User namespace to use"),
            .text("uts", \.uts, "UTS namespace to use"),
            .text("ipc", \.ipc, "IPC namespace to use"),
            .text("pid", \.pid, "PID namespace to use"),
            .text("isolation", \.isolation, "Technology that isolates the container"),
            .text("cgroup-parent", \.cgroupParent, "Cgroup to put the container's cgroup in"),
            .text(
                "cgroupns", \.cgroupNamespace,
                "Cgroup namespace to use (host|private)\n'host':    that of the host\n'private': one of its own\n'':        what the daemon's\n           default-cgroupns-mode says (default)"
            ),
            .text("runtime", \.runtime, "OCI runtime to run the container with"),
        ]
    }

    private static var networking: [Flag<CreateOptions>] {
        [
            .list(
                "add-host", \.addHosts, "Host name and its address for /etc/hosts (host:ip)",
                check: CreateValue.extraHost),
            .list("dns", \.dns, "DNS server to use", check: CreateValue.address),
            .list("dns-option", \.dnsOptions, "Option of the DNS resolver"),
            .list("dns-opt", \.dnsOptions, hidden: true, "Option of the DNS resolver"),
            .list("dns-search", \.dnsSearch, "Domain to search names in", check: CreateValue.searchDomain),
            .list("expose", \.expose, "Port or range of ports that the container listens on"),
            .text("ip", \.ip, "IPv4 address (e.g., 172.30.100.104)"),
            .text("ip6", \.ip6, "IPv6 address (e.g., 2001:db8::33)"),
            .list("link", \.links, "Container to link to", check: CreateValue.link),
            .list("link-local-ip", \.linkLocalIPs, "Link-local address, IPv4 or IPv6"),
            .text("mac-address", \.macAddress, "MAC address (e.g., 92:d0:c6:0a:29:33)"),
            .network("network", hidden: false),
            .network("net", hidden: true),
            .list("network-alias", \.networkAliases, "Further name of the container on the network"),
            .list("net-alias", \.networkAliases, hidden: true, "Further name of the container on the network"),
            .list("publish", short: "p", \.publish, "Port of the container to publish on the host"),
            .toggle("publish-all", short: "P", \.publishAll, "Publish all exposed ports on free ports of the host"),
        ]
    }

    private static func network(_ name: String, hidden: Bool) -> Flag {
        Flag(name, value: "network", help: "Network to connect the container to", isHidden: hidden) {
            $0.networks.append(try NetworkSpec(parsing: $1))
        }
    }

    private static var storage: [Flag<CreateOptions>] {
        [
            Flag("mount", value: "mount", help: "File system to mount in the container") {
                $0.mounts.append(try MountSpec(parsing: $1))
            },
            .toggle("read-only", \.readOnly, "Mount the container's root file system read-only"),
            .list("storage-opt", \.storageOptions, "Option of the storage driver"),
            .list("tmpfs", \.tmpfs, "Directory to mount a tmpfs on"),
            .list("volume", short: "v", \.volumes, "Volume or directory of the host to mount"),
            .text("volume-driver", \.volumeDriver, "Driver for the container's volumes"),
            .list("volumes-from", \.volumesFrom, "Container whose volumes to mount"),
        ]
    }

    private static var process: [Flag<CreateOptions>] {
        [
            .list(
                "attach", short: "a", \.attach, "Stream to attach to: STDIN, STDOUT or STDERR",
                check: CreateValue.stream),
            .list("cap-add", \.capAdd, "Linux capability to add"),
            .list("cap-drop", \.capDrop, "Linux capability to drop"),
            .optionalText("entrypoint", \.entrypoint, "Program to run instead of the image's ENTRYPOINT"),
            .list("env", short: "e", \.environment, "Environment variable", check: CreateValue.variable),
            .list("env-file", \.environmentFiles, "File of environment variables"),
            .text("health-cmd", \.health.command, "Command that checks the container's health"),
            .duration("health-interval", \.health.interval, "Time between two checks (ms|s|m|h)"),
            .int("health-retries", \.health.retries, "Failures in a row that make the container unhealthy"),
            .duration(
                "health-start-interval", \.health.startInterval,
                "Time between two checks while the container starts (ms|s|m|h)"),
            .duration(
                "health-start-period", \.health.startPeriod,
                "Time the container has to start before failed checks count (ms|s|m|h)"),
            .duration("health-timeout", \.health.timeout, "Time that one check may take (ms|s|m|h)"),
            .helpWithoutLetter,
            .optionalToggle("init", \.initProcess, "Run an init that forwards signals and reaps processes"),
            .toggle("interactive", short: "i", \.interactive, "Keep STDIN open even when not attached"),
            .text("log-driver", \.logDriver, "Log driver of the container"),
            .list("log-opt", \.logOptions, "Option of the log driver"),
            .toggle("no-healthcheck", \.health.isOff, "Turn the image's HEALTHCHECK off"),
            .toggle("privileged", \.privileged, "Give the container all privileges"),
            .list("security-opt", \.securityOptions, "Security option"),
            .text("stop-signal", \.stopSignal, "Signal that stops the container"),
            .optionalInt("stop-timeout", \.stopTimeout, "Seconds to wait before a stop kills the container"),
            Flag("sysctl", value: "map", help: "Kernel parameter of the container", shownDefault: "map[]") {
                $0.sysctls.append(try CreateValue.sysctl($1))
            },
            .toggle("tty", short: "t", \.tty, "Give the container a terminal"),
            .text("workdir", short: "w", \.workingDirectory, "Working directory in the container"),
        ]
    }

    /// `-h` is the host name here, so help says that it has no letter.
    private static var helpWithoutLetter: Flag { Flag("help", value: nil, help: "Show this help") { _, _ in } }

    private static func limits(
        _ name: String, _ path: any WritableKeyPath<CreateOptions, [DeviceLimit]> & Sendable, _ help: String,
        _ parse: @escaping @Sendable (String) throws -> DeviceLimit
    ) -> Flag {
        Flag(name, value: "list", help: help, shownDefault: "[]") { $0[keyPath: path].append(try parse($1)) }
    }

    private static func uint16(
        _ name: String, _ path: any WritableKeyPath<CreateOptions, Int> & Sendable, _ help: String
    ) -> Flag {
        Flag(name, value: "uint16", help: help, shownDefault: "0") {
            let value = try GoValue.int($1, function: "ParseUint")
            guard (0...65_535).contains(value) else {
                throw FlagValueError("strconv.ParseUint: parsing \(GoText.quote($1)): value out of range")
            }
            $0[keyPath: path] = value
        }
    }

    private static func uint(_ name: String, _ path: any WritableKeyPath<CreateOptions, Int> & Sendable, _ help: String)
        -> Flag
    {
        Flag(name, value: "uint", help: help) {
            let value = try GoValue.int($1, function: "ParseUint")
            guard value >= 0 else {
                throw FlagValueError("strconv.ParseUint: parsing \(GoText.quote($1)): invalid syntax")
            }
            $0[keyPath: path] = value
        }
    }
}

extension CreateOptions {
    /// Accepted for the original's sake; it has no meaning here.
    var ignored: Bool {
        get { false }
        set {}
    }
}
