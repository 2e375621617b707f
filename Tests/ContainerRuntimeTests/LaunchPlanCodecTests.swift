import ContainerRuntime
import TestKit
import Testing

@Suite struct LaunchPlanCodecTests {
    /// Every field different from its default.
    static func full() -> LaunchPlan {
        var process = ProcessPlan(arguments: ["/bin/sh", "-c", "é"], environment: ["A=b", "C="], workingFolder: "/w")
        (process.uid, process.gid, process.additionalGroups, process.umask) = (1, 2, [3, 4], 0o27)
        process.capabilities = CapabilitySets(bounding: 1, effective: 2, permitted: 3, inheritable: 4, ambient: .max)
        process.noNewPrivileges = true
        process.seccomp = SeccompPlan(program: [UInt8](0..<16), flags: 5, listenerPath: "/l", listenerMetadata: "m")
        process.limits = [ResourceLimit(resource: 7, soft: 1024, hard: .max)]
        (process.oomScoreAdjustment, process.appArmorProfile, process.selinuxLabel) = (-5, "a", "s")
        (process.personality, process.ioPriority) = (8, 9)
        process.scheduler = SchedulerPlan(
            policy: 1, nice: -2, priority: 3, flags: 4, runtime: 5, deadline: 6, period: 7)
        (process.terminal, process.rows, process.columns, process.stdio) = (true, 24, 80, .inherit)
        (process.openStdin, process.stdinOnce, process.preservedDescriptors) = (true, true, 2)
        var plan = LaunchPlan(id: "id", supervision: .detach, stateFolder: "/run/x", process: process, rootPath: "/r")
        plan.actsAsInit = true
        plan.namespaces = [NamespacePlan(kind: .pid), NamespacePlan(kind: .network, path: "/proc/1/ns/net")]
        plan.uidMappings = [IDMapping(inside: 0, outside: 100, count: 5)]
        plan.gidMappings = [IDMapping(inside: 1, outside: 101, count: 6)]
        plan.monotonicOffset = (-3, 4)
        plan.boottimeOffset = (5, 6)
        (plan.hostname, plan.domainname, plan.rootIsReadOnly, plan.rootPropagation) = ("h", "d", true, 7)
        var mount = MountStep(kind: .bind, source: "/s", destination: "/d", type: "t", flags: 1, data: "x=y")
        (mount.clearedFlags, mount.recursiveFlags, mount.recursiveClearedFlags, mount.propagation) = (2, 3, 4, 5)
        (mount.copyUp, mount.mapsRecursively) = (true, true)
        mount.uidMappings = plan.uidMappings
        mount.gidMappings = plan.gidMappings
        plan.mounts = [mount, MountStep(kind: .symlink, source: "a", destination: "/b")]
        plan.devices = [DevicePlan(kind: .block, path: "/dev/x", major: 8, minor: 1, mode: 0o600, uid: 1, gid: 2)]
        plan.maskedPaths = ["/m"]
        plan.readOnlyPaths = ["/o"]
        plan.sysctls = [SysctlPlan(key: "k", value: "v")]
        plan.cgroups = CgroupPlan(processFiles: ["/p"], unifiedFolder: "/u", oomCounterFile: "/c")
        plan.log = LogPlan(format: .local, path: "/log", maxSize: 10, maxFiles: 3)
        (plan.log.compresses, plan.log.bufferSize) = (true, 4)
        plan.hooks = [
            HookPlan(moment: .poststart, path: "/h", arguments: ["h", "a"], environment: ["E=f"], timeout: 9)
        ]
        (plan.hookStateHead, plan.hookStateTail) = ("{", "}")
        return plan
    }

    @Test func everyFieldOfAPlanSurvives() throws {
        let plan = Self.full()
        let bytes = plan.encoded()
        let copy = try LaunchPlan(decoding: bytes)
        // Mirrors compare what the codec doesn't know of.
        #expect(String(describing: copy) == String(describing: plan))
        #expect(copy.encoded() == bytes)
    }

    @Test func execPlansSurvive() throws {
        var plan = ExecPlan(id: "e", supervision: .monitor, target: 77, process: Self.full().process)
        plan.cgroups = CgroupPlan(processFiles: ["/x"])
        plan.waitsForAttach = true
        #expect(String(describing: try ExecPlan(decoding: plan.encoded())) == String(describing: plan))
    }

    @Test func everyCutIsRefused() {
        let bytes = Self.full().encoded()
        for length in 0..<bytes.count {
            #expect(throws: PlanError.self) { try LaunchPlan(decoding: Array(bytes[..<length])) }
        }
        #expect(throws: PlanError.trailingBytes) { try LaunchPlan(decoding: bytes + [0]) }
    }

    @Test func textsWithNulAndBadUTF8AreRefused() {
        let bytes = LaunchPlan(
            id: "marker", supervision: .monitor, stateFolder: "/", process: ProcessPlan(arguments: ["x"]), rootPath: "/"
        ).encoded()
        for bad in [UInt8(0), 0xff] {
            var changed = bytes
            changed[9] = bad  // the first byte of the id: magic, version and length come before it
            #expect(throws: PlanError.badText) { try LaunchPlan(decoding: changed) }
        }
    }

    @Test func countsThatPromiseMoreThanThereIsAreRefusedBeforeTheyCostMemory() {
        var bytes = LaunchPlan(
            id: "", supervision: .monitor, stateFolder: "/", process: ProcessPlan(arguments: ["x"]), rootPath: "/"
        ).encoded()
        bytes.replaceSubrange(5..<9, with: [0xff, 0xff, 0xff, 0x7f])
        #expect(throws: PlanError.tooLong) { try LaunchPlan(decoding: bytes) }
    }

    @Test("no mutation of a plan breaks the reader", arguments: Fuzz.seeds(10))
    func mutations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let bytes = Self.full().encoded()
        for _ in 0..<2_000 {
            var mutant = bytes
            for _ in 0..<(1 + Int(random.next() % 4)) {
                switch random.next() % 4 {
                case 0: mutant[Int(random.next() % UInt64(mutant.count))] = UInt8(truncatingIfNeeded: random.next())
                case 1: mutant.removeLast(Int(random.next() % UInt64(mutant.count)))
                case 2:
                    mutant.insert(
                        UInt8(truncatingIfNeeded: random.next()), at: Int(random.next() % UInt64(mutant.count + 1)))
                default:
                    let at = Int(random.next() % UInt64(mutant.count))
                    for index in at..<min(at + 4, mutant.count) { mutant[index] = 0xff }
                }
                if mutant.isEmpty { mutant = [0] }
            }
            // Whatever it accepts it must be able to say again.
            if let plan = try? LaunchPlan(decoding: mutant) {
                #expect((try? LaunchPlan(decoding: plan.encoded()))?.encoded() == plan.encoded())
            }
            _ = try? ExecPlan(decoding: mutant)
        }
    }
}
