import Fault
import JSON
import Linux
import Testing

@testable import ContainerRuntime

private func plan(_ change: (inout JSON) -> Void = { _ in }) throws -> ContainerPlan {
    var spec = ExampleSpec.document(isRootless: false)
    change(&spec)
    let layout = ControlGroupLayout(
        mounts: ["41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"].compactMap { MountEntry(line: $0) },
        own: ["": "/"])
    return try planContainer(
        spec,
        PlanContext(
            id: "c", bundle: "/bundle", stateFolder: "/run/c", supervision: .detach,
            groups: ControlGroups(layout: layout)))
}

@Suite struct PlanTests {
    @Test("the example specification becomes a plan with its parts in order")
    func example() throws {
        let plan = try plan()
        #expect(plan.launch.rootPath == "/bundle/rootfs" && plan.launch.rootIsReadOnly)
        #expect(plan.launch.process.arguments == ["sh"] && plan.launch.process.terminal)
        #expect(plan.launch.namespaces.count == 6)
        #expect(plan.launch.mounts.first?.type == "proc")
        #expect(plan.launch.mounts.contains { $0.type == "cgroup2" && $0.flags & MountBits.readOnly != 0 })
        #expect(plan.launch.devices.map(\.path) == PlanDevices.defaults.map(\.path))
        #expect(plan.group.folders == ["/sys/fs/cgroup/c"])
        #expect(plan.limits.devices == [DeviceRule(allow: false)])
        #expect(plan.launch.hookStateHead == #"{"ociVersion":"1.2.0","id":"c""#)
        #expect(plan.launch.hookStateTail == #","bundle":"/bundle"}"#)
        #expect(try LaunchPlan(decoding: plan.launch.encoded()).process.arguments == ["sh"])
    }

    @Test(
        "a wrong value is refused and named by its path",
        arguments: [
            (["process", "args"], "[]", "process.args"), (["process", "cwd"], "\"tmp\"", "process.cwd"),
            (["ociVersion"], "\"2.0.0\"", "ociVersion"), (["root", "path"], "7", "root.path"),
            (["linux", "resources"], "{\"memory\":{\"limit\":\"1g\"}}", "linux.resources.memory.limit"),
            (
                ["linux", "resources"], "{\"devices\":[{\"allow\":true,\"access\":\"x\"}]}",
                "linux.resources.devices[0].access"
            ),
            (["linux", "namespaces"], "[{\"type\":\"moon\"}]", "linux.namespaces[0].type"),
            (["linux", "namespaces"], "[{\"type\":\"pid\"},{\"type\":\"pid\"}]", "linux.namespaces[1]"),
            (["linux", "maskedPaths"], "[\"proc\"]", "linux.maskedPaths"),
            (["linux", "rootfsPropagation"], "\"loud\"", "linux.rootfsPropagation"),
            (["linux", "sysctl"], "{\"kernel.panic\":\"1\"}", "kernel.panic"),
            (["linux", "sysctl"], "{\"net..x\":\"1\"}", "net..x"),
            (["linux", "devices"], "[{\"path\":\"/dev/x\",\"type\":\"q\"}]", "linux.devices[0].type"),
            (["process", "rlimits"], "[{\"type\":\"RLIMIT_MOON\",\"soft\":1,\"hard\":1}]", "process.rlimits[0].type"),
            (["process", "rlimits"], "[{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":1}]", "process.rlimits[0]"),
            (["process", "oomScoreAdj"], "1001", "process.oomScoreAdj"),
            (["process", "env"], "[\"X\"]", "process.env[0]"),
            (["hooks"], "{\"poststop\":[{\"path\":\"x\"}]}", "hooks.poststop[0].path"),
            (["linux", "seccomp"], "{\"defaultAction\":\"MAYBE\"}", "linux.seccomp.defaultAction"),
            (["mounts"], "[{\"destination\":\"/x\",\"type\":\"bind\"}]", "mounts[0].source"),
            (["linux", "uidMappings"], "[{\"containerID\":0,\"hostID\":0,\"size\":1}]", "user namespace"),
            (["linux", "cgroupsPath"], "\"/\"", "cgroupsPath"),
        ] as [([String], String, String)])
    func wrong(_ path: [String], _ value: String, _ named: String) throws {
        let parsed = try JSON(parsing: value)
        let fault = #expect(throws: Fault.self) {
            try plan { spec in
                if path.count == 1 { spec[path[0]] = parsed } else { spec[path[0], path[1]] = parsed }
            }
        }
        #expect(fault?.message.contains(named) == true, "\(fault?.message ?? "")")
    }

    @Test("hostile documents of any shape are refused and never crash")
    func hostile() throws {
        let junk: [JSON] = [
            .null, true, -1, .number("1e400"), .string(""), .string("\0"), .array([.null]), ["a": ["b": 1]], .array([]),
        ]
        let names = ExampleSpec.document(isRootless: false).object?.names ?? []
        for name in names + ["hooks", "annotations", "domainname"] {
            for value in junk { _ = try? plan { $0[name] = value } }
        }
        let inner = ExampleSpec.document(isRootless: false)
        for section in ["process", "linux"] {
            for name in (inner[section].object?.names ?? []) + [
                "seccomp", "devices", "sysctl", "scheduler", "ioPriority", "uidMappings",
            ] {
                for value in junk { _ = try? plan { $0[section, name] = value } }
            }
        }
        #expect(throws: Fault.self) { try plan { $0 = .null } }
    }

    @Test("a bind over /dev leaves its devices alone")
    func boundDevices() throws {
        let plan = try plan {
            $0["mounts"] = [["destination": "/dev/", "type": "bind", "source": "/dev", "options": ["rbind"]]]
        }
        #expect(plan.launch.devices.isEmpty)
        #expect(plan.launch.mounts.count == 1)
    }

    @Test("unlimited rlimits and 64-bit seccomp values survive")
    func largeNumbers() throws {
        let plan = try plan {
            $0["process", "rlimits"] = [
                [
                    "type": "RLIMIT_CORE", "soft": .number("18446744073709551615"),
                    "hard": .number("18446744073709551615"),
                ]
            ]
        }
        #expect(plan.launch.process.limits.first?.hard == .max)
    }

    @Test("capabilities that this kernel doesn't know are left out with a warning")
    func unknownCapability() throws {
        let plan = try plan { $0["process", "capabilities"] = ["bounding": ["CAP_CHOWN", "CAP_MOON"]] }
        #expect(plan.launch.process.capabilities?.bounding == 1)
        #expect(plan.warnings.contains { $0.contains("CAP_MOON") })
    }

    @Test("an update without device rules leaves them as they are")
    func updateKeepsDevices() throws {
        #expect(try controlGroupLimits(["pids": ["limit": 3]], isUpdate: true).devices == nil)
        #expect(try controlGroupLimits(["pids": ["limit": 3]]).devices == [])
    }

    @Test("an exec is under the container's own filter")
    func execFilter() throws {
        var spec = ExampleSpec.document(isRootless: false)
        spec["linux", "seccomp"] = [
            "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [["names": ["reboot"], "action": "SCMP_ACT_ERRNO"]],
        ]
        let exec = try planExec(
            id: "1", process: ["args": ["ls"], "cwd": "/"], spec: spec, target: 5, supervision: .wait, group: nil)
        #expect(exec.plan.process.seccomp?.program.isEmpty == false)
    }
}

@Suite struct PlanMountOptionTests {
    @Test("later options win, and unknown ones are the file system's")
    func order() {
        let options = PlanMountOptions(["ro", "nosuid", "rw", "size=64k", "rprivate", "rro", "tmpcopyup"])
        #expect(options.flags == MountBits.noSetuid && options.clearedFlags == MountBits.readOnly)
        #expect(options.data == ["size=64k"] && options.copyUp)
        #expect(options.propagation == MountBits.private | MountBits.recursive)
        #expect(options.recursiveFlags == MountBits.readOnly)
    }

    @Test("rbind and rslave aren't taken for recursive attributes")
    func recursiveNames() {
        let options = PlanMountOptions(["rbind", "rslave"])
        #expect(options.recursiveFlags == 0 && options.flags == MountBits.bind | MountBits.recursive)
    }
}

@Suite struct UserTests {
    private let database = UserDatabase(
        passwd: Array("root:x:0:0:root:/root:/bin/sh\n# no\nbad\nweb:x:33:44::/srv:/bin/false\n77:x:5:6::/odd:\n".utf8),
        group: Array("root:x:0:\nweb:x:44:\naudio:x:29:web,root\nvideo:x:30:web\n12:x:99:\n".utf8))

    @Test(
        "users and groups mean what they mean to Docker",
        arguments: [
            ("", ResolvedUser(uid: 0, gid: 0, additionalGroups: [29], home: "/root", name: "root")),
            ("web", ResolvedUser(uid: 33, gid: 44, additionalGroups: [29, 30], home: "/srv", name: "web")),
            ("33", ResolvedUser(uid: 33, gid: 44, additionalGroups: [29, 30], home: "/srv", name: "web")),
            ("web:audio", ResolvedUser(uid: 33, gid: 29, home: "/srv", name: "web")),
            ("1000", ResolvedUser(uid: 1000, gid: 0)), ("1000:1001", ResolvedUser(uid: 1000, gid: 1001)),
            ("77", ResolvedUser(uid: 77, gid: 0)),
            (":video", ResolvedUser(uid: 0, gid: 30, home: "/root", name: "root")),
        ])
    func resolve(_ spec: String, _ user: ResolvedUser) throws { #expect(try database.resolve(spec) == user) }

    @Test(
        "what can't be found is said in Docker's words",
        arguments: [
            ("foo", "unable to find user foo: no matching entries in passwd file"),
            ("root:foo", "unable to find group foo: no matching entries in group file"),
            ("-1", "uids and gids must be in range 0-2147483647"),
            ("0:4294967296", "uids and gids must be in range 0-2147483647"),
        ])
    func missing(_ spec: String, _ message: String) {
        let fault = #expect(throws: Fault.self) { try database.resolve(spec) }
        #expect(fault?.message == message)
    }

    @Test("additional groups come by name and number, each once")
    func additional() throws { #expect(try database.groups(["audio", "29", "7"]) == [29, 7]) }
}

@Suite struct SeccompTests {
    private func compile(_ profile: JSON) throws -> SeccompPlan? {
        var warnings: [String] = []
        return try Seccomp.plan(PlanValue(profile, path: "linux.seccomp"), warnings: &warnings)
    }

    @Test("a profile like Docker's compiles to a program that fits the kernel's limit")
    func profile() throws {
        let plan = try compile([
            "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
            "archMap": [["architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]]],
            "syscalls": [
                ["names": ["read", "write", "no_such_call"], "action": "SCMP_ACT_ALLOW"],
                [
                    "names": ["personality"], "action": "SCMP_ACT_ALLOW",
                    "args": [["index": 0, "value": 0, "op": "SCMP_CMP_EQ"]],
                ],
                [
                    "names": ["clone"], "action": "SCMP_ACT_ALLOW",
                    "args": [["index": 0, "value": 2_114_060_288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"]],
                ],
                ["names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38],
            ],
        ])
        let count = try #require(plan).program.count / 8
        #expect((20...4096).contains(count))
    }

    @Test("the same profile is compiled once")
    func cached() throws {
        let profile: JSON = [
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [["names": ["kexec_load"], "action": "SCMP_ACT_KILL_PROCESS"]],
        ]
        #expect(try compile(profile)?.program == compile(profile)?.program)
    }

    @Test(
        "what libseccomp has no name for is refused",
        arguments: [
            ["defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_MOON"]],
            ["defaultAction": "SCMP_ACT_ALLOW", "errnoRet": 1, "flags": ["NO_FLAG"]],
            ["defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1],
            [
                "defaultAction": "SCMP_ACT_ALLOW",
                "syscalls": [
                    ["names": ["read"], "action": "SCMP_ACT_TRAP", "args": [["index": 6, "op": "SCMP_CMP_EQ"]]]
                ],
            ],
            ["defaultAction": "SCMP_ACT_ALLOW", "syscalls": [["names": [], "action": "SCMP_ACT_TRAP"]]],
        ] as [JSON])
    func refused(_ profile: JSON) { #expect(throws: Fault.self) { try compile(profile) } }

    @Test("no profile, no filter")
    func none() throws { #expect(try compile(.null) == nil) }
}

@Suite struct RuntimeCommandLineTests {
    private let flags = [RuntimeFlag("detach", short: "d", "x"), RuntimeFlag("bundle", short: "b", value: "F", "x")]

    @Test("flags come in all of Go's spellings")
    func spellings() throws {
        let arguments = try RuntimeArguments(
            ["-d", "--bundle=/x", "name", "-bundle", "/y"], flags: flags, stopsAtOperand: false)
        #expect(arguments.isOn("detach") && arguments.text("bundle") == "/y" && arguments.operands == ["name"])
        #expect(throws: Fault.self) { try RuntimeArguments(["--nope"], flags: flags, stopsAtOperand: false) }
        #expect(throws: Fault.self) { try RuntimeArguments(["-b"], flags: flags, stopsAtOperand: false) }
    }

    @Test("a program's own flags aren't ours")
    func stops() throws {
        let arguments = try RuntimeArguments(["-d", "c", "ls", "-d"], flags: flags, stopsAtOperand: true)
        #expect(arguments.operands == ["c", "ls", "-d"])
    }

    @Test(
        "ids that aren't file names are refused",
        arguments: ["", ".", "..", "a/b", "a b", "ü", String(repeating: "x", count: 256)])
    func ids(_ id: String) { #expect(throws: Fault.self) { try OCIContainer.check(id) } }

    @Test(
        "signals have names, short names and numbers",
        arguments: [("KILL", 9), ("sigterm", 15), ("1", 1), ("SIGRTMIN+3", 37), ("RTMAX-1", 63)])
    func signals(_ text: String, _ number: Int32) throws { #expect(try SignalNames.number(text) == number) }

    @Test("times are RFC 3339 with nine digits")
    func times() { #expect(Timestamp.full(1_000_000_007) == "1970-01-01T00:00:01.000000007Z") }
}
