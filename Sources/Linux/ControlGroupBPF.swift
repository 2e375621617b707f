import CLinux

/// One eBPF instruction (Linux Documentation/bpf/standardization/instruction-set.rst).
struct BPFInstruction: Equatable, Sendable {
    var code: UInt8
    var destination: UInt8 = 0
    var source: UInt8 = 0
    var offset: Int16 = 0
    var immediate: Int32 = 0

    static let exit = BPFInstruction(code: 0x95)
    static func move(_ register: UInt8, _ value: Int32) -> Self {
        BPFInstruction(code: 0xb4, destination: register, immediate: value)
    }
    static func copy(_ register: UInt8, from source: UInt8) -> Self {
        BPFInstruction(code: 0xbc, destination: register, source: source)
    }
    static func and(_ register: UInt8, _ value: Int32) -> Self {
        BPFInstruction(code: 0x54, destination: register, immediate: value)
    }
    static func shiftRight(_ register: UInt8, _ bits: Int32) -> Self {
        BPFInstruction(code: 0x74, destination: register, immediate: bits)
    }
    /// Loads 32 bits of memory at `source` + `offset`.
    static func load(_ register: UInt8, from source: UInt8, offset: Int16) -> Self {
        BPFInstruction(code: 0x61, destination: register, source: source, offset: offset)
    }
    static func jumpIfNotEqual(_ register: UInt8, _ value: Int32, by: Int16) -> Self {
        BPFInstruction(code: 0x55, destination: register, offset: by, immediate: value)
    }
    static func jumpIfAnySet(_ register: UInt8, _ bits: Int32, by: Int16) -> Self {
        BPFInstruction(code: 0x45, destination: register, offset: by, immediate: bits)
    }
    static func jump(by: Int16) -> Self { BPFInstruction(code: 0x05, offset: by) }

    /// The kernel's `struct bpf_insn`, little-endian.
    var bytes: [UInt8] {
        let offset = UInt16(bitPattern: offset), immediate = UInt32(bitPattern: immediate)
        return [code, source << 4 | destination, UInt8(offset & 0xff), UInt8(offset >> 8)]
            + [0, 8, 16, 24].map { UInt8(immediate >> $0 & 0xff) }
    }
}

/// Device rules as a program of type BPF_PROG_TYPE_CGROUP_DEVICE: v2's replacement for v1's device lists.
///
/// Each access bit that is asked for is decided by the last rule that speaks of it. So the rules are tried from the
/// last to the first: an allowing one takes its bits out of the question, a denying one that still finds one says no,
/// and no bits left means yes.
enum DeviceProgram {
    enum Limit {
        /// Rules a program is made of; 8 instructions each stay far below the kernel's million, and a jump's 16 bits
        /// only ever cross one rule.
        static let rules = 4_096
    }

    private enum Register {
        static let result: UInt8 = 0, context: UInt8 = 1, kind: UInt8 = 2, access: UInt8 = 3, major: UInt8 = 4,
            minor: UInt8 = 5
    }

    /// `rules` complete, with defaults: see `DeviceRule.effective`.
    static func compile(_ rules: [DeviceRule]) -> [BPFInstruction] {
        var program: [BPFInstruction] = [
            .load(Register.kind, from: Register.context, offset: 0),
            .copy(Register.access, from: Register.kind),
            .and(Register.kind, 0xffff),
            .shiftRight(Register.access, 16),
            .load(Register.major, from: Register.context, offset: 4),
            .load(Register.minor, from: Register.context, offset: 8),
        ]
        for rule in rules.reversed() {
            let (block, isFinal) = compile(rule)
            program += block
            // The verifier refuses instructions that nothing leads to.
            if isFinal { return program }
        }
        return program + [.move(Register.result, 0), .exit]
    }

    /// The rule's instructions, and whether nothing can pass beyond them.
    private static func compile(_ rule: DeviceRule) -> ([BPFInstruction], isFinal: Bool) {
        var tests: [(register: UInt8, value: Int32)] = []
        switch rule.kind {
        case .all: break
        case .block: tests.append((Register.kind, 1))  // BPF_DEVCG_DEV_BLOCK
        case .character: tests.append((Register.kind, 2))  // BPF_DEVCG_DEV_CHAR
        }
        // Numbers beyond 32 bits name no device, so such a rule never matches and does nothing.
        for (register, number) in [(Register.major, rule.major), (Register.minor, rule.minor)] {
            guard let number else { continue }
            guard let value = Int32(exactly: number), value >= 0 else { return ([], false) }
            tests.append((register, value))
        }
        let access = Int32(rule.access.rawValue)
        let verdict: [BPFInstruction]
        if rule.allow {
            verdict = [
                .and(Register.access, ~access & 7), .jumpIfNotEqual(Register.access, 0, by: 2),
                .move(Register.result, 1), .exit,
            ]
        } else if rule.access == .all {
            verdict = [.move(Register.result, 0), .exit]
        } else {
            verdict = [.jumpIfAnySet(Register.access, access, by: 1), .jump(by: 2), .move(Register.result, 0), .exit]
        }
        let guards = tests.enumerated().map { index, test in
            BPFInstruction.jumpIfNotEqual(test.register, test.value, by: Int16(tests.count - index - 1 + verdict.count))
        }
        return (guards + verdict, !rule.allow && rule.access == .all && tests.isEmpty)
    }

    /// Loads the program and makes it the only device program of the v2 folder: an older one of ours is replaced in
    /// the same step, so that there is no moment without rules.
    static func attach(_ rules: [DeviceRule], to folder: String) throws(KernelError) {
        guard rules.count <= Limit.rules else { throw KernelError(call: "bpf", subject: folder, errno: E2BIG) }
        let code = compile(rules).flatMap(\.bytes)
        let program = OwnedDescriptor(
            taking: try kernel("bpf BPF_PROG_LOAD", folder) { hako_bpf_load_device(code, UInt32(code.count / 8)) })
        let group = try OwnedDescriptor.open(folder, O_RDONLY | O_DIRECTORY)
        let older = try attached(to: group, folder)
        if let first = older.first {
            try kernel("bpf BPF_PROG_ATTACH", folder) { hako_bpf_attach_device(group.raw, program.raw, first.raw) }
        } else {
            try kernel("bpf BPF_PROG_ATTACH", folder) { hako_bpf_attach_device(group.raw, program.raw, -1) }
        }
        for other in older.dropFirst() {
            try kernel("bpf BPF_PROG_DETACH", folder) { hako_bpf_detach_device(group.raw, other.raw) }
        }
    }

    private static func attached(to group: OwnedDescriptor, _ folder: String) throws(KernelError) -> [OwnedDescriptor] {
        /// The kernel allows 64 programs a group (BPF_CGROUP_MAX_PROGS).
        var ids = [UInt32](repeating: 0, count: 64)
        let count = try kernel("bpf BPF_PROG_QUERY", folder) {
            hako_bpf_query_device(group.raw, &ids, UInt32(ids.count))
        }
        var programs: [OwnedDescriptor] = []
        for id in ids.prefix(Int(count)) {
            programs.append(
                OwnedDescriptor(taking: try kernel("bpf BPF_PROG_GET_FD_BY_ID", folder) { hako_bpf_open(id) }))
        }
        return programs
    }
}
