import CLinux
import Fault
import Testing

@testable import Linux

@Suite struct ControlGroupScaleTests {
    @Test(
        "shares become weights on the curve through minimum, default and maximum",
        arguments: [(0, 0), (1, 1), (2, 1), (1024, 100), (2048, 174), (262_144, 10_000), (500_000, 10_000)])
    func weights(_ shares: UInt64, _ weight: UInt64) {
        #expect(ControlGroupScale.cpuWeight(shares: shares) == weight)
    }

    @Test("more shares never give less weight, and all weights are in the kernel's range")
    func monotonic() {
        var last: UInt64 = 0
        for shares in stride(from: UInt64(2), through: 262_144, by: 37) {
            let weight = ControlGroupScale.cpuWeight(shares: shares)
            #expect(weight >= last && (1...10_000).contains(weight))
            last = weight
        }
    }

    @Test("block I/O weights span io.weight's range", arguments: [(10, 1), (500, 4950), (1000, 10_000), (0, 1)])
    func blockWeights(_ weight: UInt16, _ expected: UInt64) {
        #expect(ControlGroupScale.ioWeight(blockIOWeight: weight) == expected)
    }
}

@Suite struct ControlGroupLayoutTests {
    private func mounts(_ lines: String) -> [MountEntry] {
        lines.split(separator: "\n").compactMap { MountEntry(line: $0) }
    }

    private let hybrid = """
        32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct
        35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
        40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
        41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
        """

    @Test("controllers on v1 beside an empty v2 make a hybrid machine, and relative paths start at the own group")
    func hybridMachine() throws {
        let own = ["memory": "/job/7", "cpu": "/", "cpuacct": "/", "name=systemd": "/", "": "/"]
        let groups = ControlGroups(layout: ControlGroupLayout(mounts: mounts(hybrid), own: own))
        #expect(groups.version == "1")
        #expect(
            try groups.group("web").folders == [
                "/sys/fs/cgroup/cpu/web", "/sys/fs/cgroup/memory/job/7/web", "/sys/fs/cgroup/systemd/web",
                "/sys/fs/cgroup/unified/web",
            ])
        #expect(try groups.group("/a/../../b").folders[1] == "/sys/fs/cgroup/memory/b")
        #expect(try groups.group("web").joinFiles.last == "/sys/fs/cgroup/systemd/web/tasks")
    }

    @Test("a v2 machine has one folder, and a relative path starts beside the own group")
    func unifiedMachine() throws {
        let layout = ControlGroupLayout(
            mounts: mounts("41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"), own: ["": "/user.slice/shell.scope"])
        let group = try ControlGroups(layout: layout).group("web")
        #expect(group.folders == ["/sys/fs/cgroup/user.slice/web"])
        #expect(group.joinFiles.isEmpty && group.unifiedFolder == group.folders.first)
    }

    @Test("a mount that shows only a part of the hierarchy is what paths count from")
    func partialMount() throws {
        let layout = ControlGroupLayout(
            mounts: mounts("41 31 0:38 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup2 rw"), own: ["": "/docker/x/inner"])
        #expect(layout.unified?.own == "/inner")
    }

    @Test("systemd's named hierarchy alone leaves v2 in charge")
    func namedOnly() {
        let layout = ControlGroupLayout(
            mounts: mounts(
                "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"
            ),
            own: ["": "/", "name=systemd": "/"])
        #expect(layout.isUnified)
    }

    @Test(
        "systemd-style paths become the folders systemd would use",
        arguments: [
            ("system.slice:hako:abc", "/system.slice/hako-abc.scope"),
            ("a-b.slice:docker:1", "/a.slice/a-b.slice/docker-1.scope"),
            (":hako:x", "/system.slice/hako-x.scope"), ("/plain/path", "/plain/path"), ("-.slice::x", "/x.scope"),
        ])
    func slices(_ path: String, _ folder: String) { #expect(ControlGroups.folderPath(path) == folder) }

    @Test("no container gets the hierarchy's root for itself", arguments: ["/", "", "..", "a/.."])
    func root(_ path: String) {
        let layout = ControlGroupLayout(
            mounts: mounts("41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"), own: ["": "/"])
        #expect(throws: Fault.self) { try ControlGroups(layout: layout).group(path) }
    }
}

/// Folders with the kernel's files as plain ones: what is written stays there to be looked at.
private final class FakeHierarchy {
    let folder: TemporaryFolder
    init(_ files: [String: String]) throws {
        folder = try TemporaryFolder()
        for (name, content) in files {
            if let slash = name.firstIndex(of: "/") { folder.make(String(name[..<slash])) }
            try folder.write(name, content)
        }
    }

    subscript(file: String) -> String? { KernelFile.line(folder.path + "/" + file) }

    func legacy(_ controllers: [String]) -> LegacyControlGroup {
        LegacyControlGroup(
            parts: controllers.map {
                .init(
                    hierarchy: .init(controllers: [$0], mountPoint: folder.path, own: ""), path: folder.path + "/" + $0)
            }, unifiedFolder: nil)
    }
    var unified: UnifiedControlGroup { UnifiedControlGroup(mountPoint: folder.path, folder: folder.path) }
}

@Suite struct ControlGroupLimitTests {
    @Test("v1 files get each limit in the kernel's spelling")
    func legacy() throws {
        let fake = try FakeHierarchy([
            "memory/memory.limit_in_bytes": "", "memory/memory.memsw.limit_in_bytes": "9223372036854771712",
            "memory/memory.soft_limit_in_bytes": "", "memory/memory.swappiness": "", "cpu/cpu.shares": "",
            "cpu/cpu.cfs_quota_us": "", "cpu/cpu.cfs_period_us": "", "pids/pids.max": "",
            "blkio/blkio.throttle.read_bps_device": "", "cpuset/cpuset.cpus": "",
        ])
        var limits = ControlGroupLimits()
        limits.memory.limit = 1 << 20
        limits.memory.swap = 2 << 20
        limits.memory.reservation = 4096
        limits.memory.swappiness = 10
        limits.cpu.quota = 50_000
        limits.cpu.period = 100_000
        limits.cpu.shares = 512
        limits.cpu.cpus = "0-1"
        limits.pids = -1
        limits.blockIO.readBytes = [.init(device: .init(major: 8, minor: 0), rate: 1000)]
        try fake.legacy(["memory", "cpu", "cpuset", "pids", "blkio"]).apply(limits)
        #expect(fake["memory/memory.limit_in_bytes"] == "1048576")
        #expect(fake["memory/memory.memsw.limit_in_bytes"]?.hasPrefix("2097152") == true)
        #expect(fake["memory/memory.soft_limit_in_bytes"] == "4096")
        #expect(fake["memory/memory.swappiness"] == "10")
        #expect(fake["cpu/cpu.cfs_quota_us"] == "50000" && fake["cpu/cpu.cfs_period_us"] == "100000")
        #expect(fake["cpu/cpu.shares"] == "512" && fake["cpuset/cpuset.cpus"] == "0-1")
        #expect(fake["pids/pids.max"] == "max")
        #expect(fake["blkio/blkio.throttle.read_bps_device"] == "8:0 1000")
    }

    @Test("a limit without its controller says what to mount")
    func missingController() throws {
        let fake = try FakeHierarchy(["cpu/cpu.shares": ""])
        var limits = ControlGroupLimits()
        limits.pids = 5
        let fault = #expect(throws: Fault.self) { try fake.legacy(["cpu"]).apply(limits) }
        #expect(fault?.message.contains("mount -t cgroup -o pids") == true)
    }

    @Test("v2 files get swap alone, weights, and one line for quota and period")
    func unified() throws {
        let fake = try FakeHierarchy([
            "memory.max": "", "memory.swap.max": "", "memory.low": "", "cpu.weight": "", "cpu.max": "max 100000",
            "pids.max": "", "io.max": "", "io.weight": "", "cpuset.cpus": "", "memory.high": "",
        ])
        var limits = ControlGroupLimits()
        limits.memory.limit = 1 << 20
        limits.memory.swap = 3 << 20
        limits.memory.reservation = 4096
        limits.cpu.shares = 1024
        limits.cpu.quota = 25_000
        limits.pids = 7
        limits.blockIO.weight = 1000
        limits.blockIO.writeOperations = [.init(device: .init(major: 8, minor: 16), rate: 0)]
        limits.unified = ["memory.high": "524288"]
        try fake.unified.apply(limits)
        #expect(fake["memory.max"] == "1048576" && fake["memory.swap.max"] == "2097152" && fake["memory.low"] == "4096")
        #expect(fake["cpu.weight"] == "100" && fake["cpu.max"] == "25000 100000")
        #expect(fake["pids.max"] == "7" && fake["io.weight"] == "default 10000")
        #expect(fake["io.max"] == "8:16 wiops=max" && fake["memory.high"] == "524288")
    }

    @Test("a unified key can't name a file outside the group", arguments: ["../memory.max", "a/b", "", "..", "."])
    func hostileKey(_ key: String) throws {
        var limits = ControlGroupLimits()
        limits.unified = [key: "1"]
        let fake = try FakeHierarchy(["memory.max": ""])
        #expect(throws: Fault.self) { try fake.unified.apply(limits) }
    }

    @Test("memory and swap together may not be below memory, nor come without it")
    func swapRules() throws {
        var memory = ControlGroupLimits.Memory()
        memory.swap = 5
        #expect(throws: Fault.self) { try UnifiedControlGroup.swapAlone(memory) }
        memory.limit = 6
        #expect(throws: Fault.self) { try UnifiedControlGroup.swapAlone(memory) }
        memory.swap = 6
        #expect(try UnifiedControlGroup.swapAlone(memory) == "0")
        memory.swap = -1
        #expect(try UnifiedControlGroup.swapAlone(memory) == "max")
    }

    @Test("counters of both versions come out in nanoseconds and bytes")
    func statistics() throws {
        let fake = try FakeHierarchy([
            "cpu.stat": "usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 4\nnr_throttled 1\nthrottled_usec 9\n",
            "memory.current": "4096\n", "memory.max": "max\n", "memory.stat": "anon 1\nfile 2\n", "pids.current": "3\n",
            "pids.max": "max\n", "io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n",
        ])
        let counters = fake.unified.statistics()
        #expect(counters.cpuTotal == 5000 && counters.throttledTime == 9000)
        #expect(counters.memoryUsage == 4096 && counters.memoryLimit == nil && counters.pidsLimit == nil)
        #expect(counters.blockBytes.map(\.value) == [10, 20] && counters.blockOperations.map(\.value) == [1, 2])
    }
}

@Suite struct DeviceProgramTests {
    /// Runs a program as the kernel would: nil when it does what the verifier wouldn't let through.
    private func run(_ program: [BPFInstruction], kind: UInt32, access: UInt32, major: UInt32, minor: UInt32) -> Bool? {
        var registers = [UInt64](repeating: 0, count: 11)
        var at = 0
        for _ in 0..<100_000 {
            guard program.indices.contains(at) else { return nil }
            let step = program[at], target = Int(step.destination)
            at += 1
            switch step.code {
            case 0x61:
                guard step.source == 1 else { return nil }
                switch step.offset {
                case 0: registers[target] = UInt64(access << 16 | kind)
                case 4: registers[target] = UInt64(major)
                case 8: registers[target] = UInt64(minor)
                default: return nil
                }
            case 0xb4: registers[target] = UInt64(UInt32(bitPattern: step.immediate))
            case 0xbc: registers[target] = registers[Int(step.source)] & 0xffff_ffff
            case 0x54: registers[target] &= UInt64(UInt32(bitPattern: step.immediate))
            case 0x74: registers[target] = (registers[target] & 0xffff_ffff) >> UInt64(step.immediate)
            case 0x55: if registers[target] != UInt64(bitPattern: Int64(step.immediate)) { at += Int(step.offset) }
            case 0x45: if registers[target] & UInt64(bitPattern: Int64(step.immediate)) != 0 { at += Int(step.offset) }
            case 0x05: at += Int(step.offset)
            case 0x95: return registers[0] != 0
            default: return nil
            }
        }
        return nil
    }

    /// The same by definition: for each asked bit the last rule that speaks of it.
    private func allowed(
        _ rules: [DeviceRule], _ kind: DeviceRule.Kind, _ access: DeviceRule.Access, _ major: Int64, _ minor: Int64
    ) -> Bool {
        for bit in [DeviceRule.Access.read, .write, .mknod] where access.contains(bit) {
            let last = rules.last { rule in
                rule.access.contains(bit) && (rule.kind == .all || rule.kind == kind)
                    && (rule.major ?? major) == major && (rule.minor ?? minor) == minor
            }
            if last?.allow != true { return false }
        }
        return true
    }

    @Test("programs decide as the rules do, for every kind of rule and access")
    func agreement() {
        let sets: [[DeviceRule]] = [
            [], [DeviceRule(allow: true)],
            [DeviceRule(allow: true, kind: .character, major: 1, minor: 3, access: [.read, .write])],
            [
                DeviceRule(allow: true), DeviceRule(allow: false, kind: .block),
                DeviceRule(allow: true, kind: .block, major: 8, access: .read),
                DeviceRule(allow: false, kind: .character, major: 1, minor: 5, access: .write),
            ],
            [
                DeviceRule(allow: true, kind: .character, major: 10, access: .read),
                DeviceRule(allow: true, kind: .character, major: 10, minor: 200, access: .write),
            ],
            [
                DeviceRule(allow: true, major: 1), DeviceRule(allow: false, minor: 3),
                DeviceRule(allow: true, major: 1 << 40),
            ],
        ]
        for own in sets {
            for rules in [own, DeviceRule.effective(own)] {
                let program = DeviceProgram.compile(rules)
                for (kind, number) in [(DeviceRule.Kind.block, UInt32(1)), (.character, 2)] {
                    for access in 1...UInt32(7) {
                        for (major, minor) in [(1, 3), (1, 5), (8, 0), (10, 200), (10, 1), (136, 4), (5, 2)]
                            as [(UInt32, UInt32)]
                        {
                            let verdict = run(program, kind: number, access: access, major: major, minor: minor)
                            let expected = allowed(
                                rules, kind, DeviceRule.Access(rawValue: access), Int64(major), Int64(minor))
                            #expect(verdict == expected, "\(rules) \(kind) \(access) \(major):\(minor)")
                        }
                    }
                }
            }
        }
    }

    @Test("nothing follows a rule that decides everything: the verifier refuses what can't be reached")
    func reachable() {
        let program = DeviceProgram.compile([DeviceRule(allow: true), DeviceRule(allow: false)])
        #expect(program.suffix(2) == [.move(0, 0), .exit])
        #expect(program.count == 8)
    }

    @Test("an instruction is eight bytes, little-endian")
    func encoding() {
        #expect(BPFInstruction.jumpIfNotEqual(4, -2, by: 3).bytes == [0x55, 0x04, 3, 0, 0xfe, 0xff, 0xff, 0xff])
    }

    @Test("v1's lines say a for everything, and rules for both kinds are written twice")
    func lines() {
        #expect(DeviceRule(allow: false).line == "a")
        #expect(
            DeviceRule(allow: true, kind: .character, major: 1, minor: 3, access: [.read, .mknod]).line == "c 1:3 rm")
        #expect(DeviceRule(allow: true, major: 7).split.map(\.line) == ["c 7:* rwm", "b 7:* rwm"])
    }
}
