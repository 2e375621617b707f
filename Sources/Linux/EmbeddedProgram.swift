import CLinux

/// A program that travels inside `hako`: an added ELF section of the release (`.hako_runtime` for `hako-runtime`), or,
/// in a build folder, the file of that name beside the executable (ELF-64, gABI chapter 4 "Sections").
package enum EmbeddedProgram {
    enum Limit {
        /// Largest program taken, in bytes.
        static let program = 64 << 20
        /// Sections an executable may have before it isn't one of ours.
        static let sections = 4096
    }

    /// The program's bytes. Throws ENOENT naming the program when it is in neither place.
    package static func bytes(_ name: String) throws(KernelError) -> [UInt8] {
        let executable = try OwnedDescriptor.open("/proc/self/exe", O_RDONLY)
        let section = "." + name.map { $0 == "-" ? "_" : $0 }
        if let found = try read(
            section: section.hasPrefix(".hako") ? section : ".hako_" + section.dropFirst(), of: executable)
        {
            return found
        }
        let beside = try folder() + "/" + name
        return try KernelFile.bytes(beside, limit: Limit.program)
    }

    private static func folder() throws(KernelError) -> String {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = try kernel("readlink", "/proc/self/exe") { readlink("/proc/self/exe", &target, target.count - 1) }
        let path = String(decoding: target.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }

    /// The section's content; nil when the file has no such section or isn't a 64-bit ELF file.
    static func read(section name: String, of file: OwnedDescriptor) throws(KernelError) -> [UInt8]? {
        let header = try read(file, offset: 0, count: 64)
        guard header.count == 64, header.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else { return nil }
        let tableOffset = little(header, 40, 8)
        let entrySize = little(header, 58, 2)
        let count = little(header, 60, 2)
        let namesIndex = little(header, 62, 2)
        guard entrySize == 64, count <= Limit.sections, namesIndex < count else { return nil }
        let table = try read(file, offset: tableOffset, count: count * 64)
        guard table.count == count * 64 else { return nil }
        let namesAt = namesIndex * 64
        let names = try read(
            file, offset: little(table, namesAt + 24, 8), count: min(little(table, namesAt + 32, 8), 1 << 20))
        for index in 0..<count {
            let start = little(table, index * 64, 4)
            guard start < names.count, names[start...].prefix(while: { $0 != 0 }).elementsEqual(name.utf8) else {
                continue
            }
            let size = little(table, index * 64 + 32, 8)
            guard size <= Limit.program else { return nil }
            return try read(file, offset: little(table, index * 64 + 24, 8), count: size)
        }
        return nil
    }

    private static func little(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> Int {
        Int(truncatingIfNeeded: bytes[offset..<(offset + width)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    private static func read(_ file: OwnedDescriptor, offset: Int, count: Int) throws(KernelError) -> [UInt8] {
        guard offset >= 0, count >= 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = try kernel("pread", "/proc/self/exe") {
                bytes.withUnsafeMutableBytes {
                    pread(file.raw, $0.baseAddress?.advanced(by: filled), count - filled, off_t(offset + filled))
                }
            }
            guard got > 0 else { break }
            filled += got
        }
        return Array(bytes.prefix(filled))
    }
}
