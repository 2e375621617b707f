import CLinux
import ImageStore
import Linux
import NIOCore
import TestKit
import Testing

@Suite struct TarWriterTests {
    /// Keeps what a reader found.
    private final class Collected: TarSink {
        var entries: [TarEntry] = []
        var content: [UInt8] = []
        func begin(_ entry: TarEntry) { entries.append(entry) }
        func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) { content += bytes }
        func end() {}
    }

    @Test("what is written reads back as itself", arguments: Fuzz.seeds(10))
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var entries: [TarEntry] = []
        var tar: [UInt8] = []
        for _ in 0..<50 {
            let kinds: [TarEntry.Kind] = [.regular, .directory, .symlink, .hardLink, .character, .block, .fifo]
            let kind = kinds.randomElement(using: &random) ?? .regular
            let parts = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                String(repeating: "é", count: Int.random(in: 0...60, using: &random)) + "n"
            }
            var entry = TarEntry(
                path: Array(parts.joined(separator: "/").utf8), kind: kind,
                mode: UInt32.random(in: 0...0o7777, using: &random))
            entry.uid = UInt32.random(in: 0...(1 << 31), using: &random)
            entry.gid = UInt32.random(in: 0...100, using: &random)
            entry.mtime = TarEntry.Time(
                Int64.random(in: -5...(1 << 34), using: &random),
                nanoseconds: Int.random(in: 0...3, using: &random) * 250_000_000)
            if kind == .symlink || kind == .hardLink {
                entry.link = Array(String(repeating: "l", count: Int.random(in: 1...300, using: &random)).utf8)
            }
            if kind == .character || kind == .block { (entry.major, entry.minor) = (7, 3) }
            if kind == .regular {
                entry.size = Int64.random(in: 0...2_000, using: &random)
                entry.attributes = [.init("user.x", [0, 10, 61, 255])]
            }
            entries.append(entry)
            tar += TarWriter.header(entry) + [UInt8](repeating: 7, count: Int(entry.size))
            tar += [UInt8](repeating: 0, count: TarWriter.padding(entry.size))
        }
        tar += TarWriter.end
        let collected = Collected()
        let reader = TarReader(collected)
        try tar.withUnsafeBytes { try reader.feed($0) }
        try reader.finish()
        #expect(collected.entries.count == entries.count)
        for (found, expected) in zip(collected.entries, entries) {
            var found = found
            if found.kind == .directory, found.path.last == UInt8(ascii: "/") { found.path.removeLast() }
            #expect(found == expected)
        }
        #expect(collected.content.count == entries.reduce(0) { $0 + Int($1.size) })
    }

    @Test("GNU tar lists and unpacks what we archive, twice the same bytes", .enabled(if: isRoot))
    func tree() async throws {
        try await withFolder { folder in
            try run(
                "sh", "-c",
                """
                mkdir -p t/a/b && cd t && echo x > a/x && ln a/x hard && ln -s a link && mkfifo pipe && mknod dev c 1 3 && chmod 6711 a/x
                echo y > '\(String(repeating: "n", count: 200))' && touch -d '2001-02-03 04:05:06.75' a/x
                """, in: folder)
            let first = try archive(folder + "/t")
            #expect(try archive(folder + "/t") == first)
            try write(first, to: folder + "/t.tar")
            try run("sh", "-c", "mkdir u && tar -C u -xpf t.tar", in: folder)
            let list =
                "find . -printf '%M %U:%G %n %T@ %s %p -> %l\\n' | grep -v ' \\./*$' | sed '/^d/s/ [0-9]* \\././' | sort"
            #expect(try run("sh", "-c", list, in: folder + "/t") == run("sh", "-c", list, in: folder + "/u"))
        }
    }

    private func archive(_ path: String) throws -> [UInt8] {
        let archiver = TreeArchiver(".", in: try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY))
        var bytes: [UInt8] = []
        while let piece = try archiver.next() { bytes += Array(piece.readableBytesView) }
        return bytes
    }

    @Test("an upper folder becomes a layer with whiteouts, and back", .enabled(if: isRoot))
    func whiteouts() async throws {
        try await withFolder { folder in
            try run("sh", "-c", "mkdir -p u/d o && mknod u/d/gone c 0 0 && echo n > u/d/new", in: folder)
            #expect(setxattr(folder + "/u/d", "trusted.overlay.opaque", "y", 1, 0) == 0)
            var options = TreeArchiver.Options()
            options.whiteouts = true
            options.includesTop = false
            let archiver = TreeArchiver(
                ".", in: try OwnedDescriptor.open(folder + "/u", O_RDONLY | O_DIRECTORY), options)
            var tar: [UInt8] = []
            while let piece = try archiver.next() { tar += Array(piece.readableBytesView) }
            try write(tar, to: folder + "/l.tar")
            let names = try lines(run("tar", "-tf", folder + "/l.tar")).sorted()
            #expect(names == ["d/", "d/.wh..wh..opq", "d/.wh.gone", "d/new"])
            try unpack(tar, into: folder + "/o") { $0.whiteouts = true }
            #expect(try lines(run("stat", "-c", "%F %t %T", folder + "/o/d/gone")) == ["character special file 0 0"])
        }
    }

    @Test("trees deeper than a path may be long are removed")
    func deepRemoval() async throws {
        try await withFolder { folder in
            try run(
                "python3", "-c",
                "import os; [(os.mkdir(name), os.chdir(name)) for name in ['deep'] + ['d'] * 2500]; open('end', 'w')",
                in: folder)
            try FileTree.remove(folder + "/deep")
            #expect(access(folder + "/deep", F_OK) != 0)
        }
    }
}
