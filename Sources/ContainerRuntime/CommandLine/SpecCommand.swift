import CLinux
import Fault
import JSON
import Linux

let specCommand = RuntimeCommand(
    name: "spec", usage: "[OPTIONS]", help: "Write a configuration to start from",
    flags: [
        RuntimeFlag("bundle", short: "b", value: "FOLDER", "the bundle (default: the current folder)"),
        RuntimeFlag("rootless", "for a container without root's powers"),
    ]
) { invocation in
    let path = RuntimeCommandLine.absolute(invocation.arguments.text("bundle") ?? "") + "/config.json"
    guard access(path, F_OK) != 0 else {
        throw Fault(.conflict, "File config.json exists. Remove it first")
    }
    let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
    try file.writeAll(
        Array(ExampleSpec.document(isRootless: invocation.arguments.isOn("rootless")).pretty(indent: "\t").utf8))
    return 0
}

/// A container that runs sh with few powers.
enum ExampleSpec {
    static func document(isRootless: Bool) -> JSON {
        let capabilities: JSON = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
        var spec: JSON = [
            "ociVersion": "1.2.0",
            "process": [
                "terminal": true, "user": ["uid": 0, "gid": 0], "args": ["sh"],
                "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
                "cwd": "/",
                "capabilities": ["bounding": capabilities, "effective": capabilities, "permitted": capabilities],
                "rlimits": [["type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024]], "noNewPrivileges": true,
            ],
            "root": ["path": "rootfs", "readonly": true], "hostname": "hako", "mounts": mounts(isRootless),
        ]
        spec["linux"] = [
            "resources": ["devices": [["allow": false, "access": "rwm"]]],
            "namespaces": .array(namespaces(isRootless).map { ["type": .string($0)] }),
            "maskedPaths": [
                "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
            ],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        ]
        if isRootless {
            spec["linux", "uidMappings"] = [["containerID": 0, "hostID": JSON(geteuid()), "size": 1]]
            spec["linux", "gidMappings"] = [["containerID": 0, "hostID": JSON(getegid()), "size": 1]]
        }
        return spec
    }

    private static func namespaces(_ isRootless: Bool) -> [String] {
        ["pid"] + (isRootless ? [] : ["network"]) + ["ipc", "uts", "mount", "cgroup"] + (isRootless ? ["user"] : [])
    }

    private static func mounts(_ isRootless: Bool) -> JSON {
        func mount(_ destination: String, _ type: String, _ source: String, _ options: [String]) -> JSON {
            [
                "destination": .string(destination), "type": .string(type), "source": .string(source),
                "options": JSON(options),
            ]
        }
        var terminals = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
        if !isRootless { terminals.append("gid=5") }
        var list = [
            ["destination": "/proc", "type": "proc", "source": "proc"],
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount("/dev/pts", "devpts", "devpts", terminals),
            mount("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
            mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
        ]
        list.append(
            isRootless
                ? mount("/sys", "none", "/sys", ["rbind", "nosuid", "noexec", "nodev", "ro"])
                : mount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]))
        list.append(mount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]))
        return .array(list)
    }
}

let featuresCommand = RuntimeCommand(
    name: "features", usage: "", help: "Print what this runtime can do", flags: []
) { _ in
    let unified = (try? ControlGroupLayout.current())?.isUnified
    let features: JSON = [
        "ociVersionMin": "1.0.0", "ociVersionMax": "1.2.0",
        "hooks": ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
        "mountOptions": JSON(PlanMountOptions.names),
        "linux": [
            "namespaces": ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"],
            "capabilities": JSON(CapabilityName.all),
            "cgroup": ["v1": true, "v2": true, "systemd": false, "systemdUser": false, "rdma": true],
            "seccomp": [
                "enabled": true, "actions": JSON(SeccompNames.actions),
                "operators": JSON(SeccompNames.comparisons.keys.sorted()),
                "archs": JSON(SeccompNames.architectures.keys.sorted()),
                "knownFlags": JSON(SeccompNames.flags), "supportedFlags": JSON(SeccompNames.flags),
            ],
            "apparmor": ["enabled": true], "selinux": ["enabled": true], "intelRdt": ["enabled": false],
            "mountExtensions": ["idmap": ["enabled": true]],
        ],
        "annotations": ["hako.cgroup": .string(unified == true ? "v2" : "v1")],
    ]
    RuntimeReport.put(features.pretty(indent: "  ") + "\n")
    return 0
}
