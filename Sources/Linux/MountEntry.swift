import CLinux

/// One line of /proc/PID/mountinfo (proc(5)).
package struct MountEntry: Sendable, Equatable {
    package var id: Int
    package var parent: Int
    /// "major:minor" of the file system.
    package var device: String
    /// The folder of the file system that is the mount's root.
    package var root: String
    /// Where it is mounted, seen from the process's root.
    package var target: String
    package var options: [String]
    /// "shared:3", "master:1", "unbindable", …
    package var propagation: [String]
    package var type: String
    package var source: String
    package var superOptions: [String]

    enum Limit {
        /// Largest mountinfo we read, in bytes: 100,000 mounts at 160 bytes (the kernel's default maximum).
        static let bytes = 16 << 20
    }

    /// The mounts of a process's namespace, in the order in which they were made.
    package static func all(of process: String = "self") throws(KernelError) -> [MountEntry] {
        try lines(of: process).compactMap { MountEntry(line: String(decoding: $0, as: UTF8.self)) }
    }

    /// Where something is mounted at `folder` or below it in our own namespace, in the order in which it was made. Reads
    /// no more of each of a node's thousands of mounts than it must.
    static func targets(at folder: String) throws(KernelError) -> [String] {
        let under = folder.hasSuffix("/") ? folder : folder + "/"
        return try lines(of: "self").compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5, omittingEmptySubsequences: false)
            guard fields.count == 6 else { return nil }
            let target = unescape(String(decoding: fields[4], as: UTF8.self))
            return target == folder || target.hasPrefix(under) ? target : nil
        }
    }

    private static func lines(of process: String) throws(KernelError) -> [ArraySlice<UInt8>] {
        try KernelFile.bytes("/proc/\(process)/mountinfo", limit: Limit.bytes).split(separator: UInt8(ascii: "\n"))
    }

    /// Nil when the line isn't one of mountinfo's.
    package init?(line: some StringProtocol) {
        let fields = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard fields.count >= 10, let dash = fields[6...].firstIndex(of: "-"), fields.count >= dash + 4,
            let id = Int(fields[0]), let parent = Int(fields[1])
        else { return nil }
        self.id = id
        self.parent = parent
        device = fields[2]
        root = Self.unescape(fields[3])
        target = Self.unescape(fields[4])
        options = fields[5].split(separator: ",").map(String.init)
        propagation = Array(fields[6..<dash])
        type = fields[dash + 1]
        source = Self.unescape(fields[dash + 2])
        superOptions = fields[dash + 3].split(separator: ",").map(String.init)
    }

    /// The kernel writes space, tab, newline and backslash as \ooo.
    static func unescape(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (48...55).contains($0) }) {
                bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 - 48) })
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
