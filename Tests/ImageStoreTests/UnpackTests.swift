import CLinux
import Fault
import ImageStore
import Testing

@Suite(.enabled(if: isRoot)) struct UnpackTests {
    @Test(
        "a real tree unpacks as GNU tar unpacks it, in every format GNU tar writes",
        arguments: ["gnu", "pax", "ustar", "oldgnu"], [7, 65_536])
    func likeGNUTar(_ format: String, _ piece: Int) async throws {
        try await withFolder { folder in
            try makeTree(folder + "/tree", longNames: format != "ustar")
            let sparse = format == "gnu" || format == "oldgnu" || format == "pax"
            let tar = try run(
                "tar", "--format=\(format)", sparse ? "--sparse" : "--no-recursion", "--recursion", "-C",
                folder + "/tree", "-c", ".")
            try run("mkdir", folder + "/theirs", folder + "/ours")
            try write(tar, to: folder + "/tree.tar")
            try run("tar", "-C", folder + "/theirs", "-xpf", folder + "/tree.tar")
            try unpack(tar, into: folder + "/ours", piece: piece)
            #expect(try listing(folder + "/ours") == listing(folder + "/theirs"))
            try run(
                "diff", "-r", "--no-dereference", "-x", "pipe", "-x", "null", "-x", "disk", folder + "/theirs/files",
                folder + "/ours/files")
        }
    }

    @Test("every form of a sparse file keeps its content", arguments: ["0.0", "0.1", "1.0"])
    func sparseForms(_ version: String) async throws {
        try await withFolder { folder in
            try run(
                "sh", "-c",
                "truncate -s 5M f; for at in 0 1000000 3333333; do printf data$at | dd of=f bs=1 seek=$at conv=notrunc 2>/dev/null; done",
                in: folder)
            let tar = try run("tar", "--format=pax", "--sparse", "--sparse-version=\(version)", "-c", "f", in: folder)
            try run("mkdir", folder + "/ours")
            try unpack(tar, into: folder + "/ours", piece: 333)
            try run("cmp", folder + "/f", folder + "/ours/f")
            let blocks = try lines(run("stat", "-c", "%b", folder + "/ours/f")).first.flatMap { Int($0) }
            #expect(try #require(blocks) < 200, "holes were filled")
        }
    }

    private func makeTree(_ path: String, longNames: Bool) throws {
        let long = String(repeating: "l", count: longNames ? 180 : 60)
        try run(
            "sh", "-c",
            """
            set -e; mkdir -p \(path)/files/a/b/\(long) && cd \(path)/files
            head -c 300000 /dev/urandom > a/random; seq 1 50000 > a/b/numbers; : > empty
            echo x > a/b/\(long)/\(long); ln a/random hard; ln -s a/b link; ln -s /etc/passwd absolute
            ln -s \(longNames ? String(repeating: "t/", count: 90) : "t") dangling; mkfifo pipe; mknod null c 1 3; mknod disk b 8 1
            cp /bin/true suid; chown 12:34 suid; chmod 6755 suid; mkdir -m 1777 sticky; mkdir -m 2750 group; chgrp 7 group
            echo y > group/own; chmod 0 empty; touch -h -d '2001-02-03 04:05:06' link; touch -d '1999-12-31 23:59:59' a/random
            truncate -s 3M sparse; printf end | dd of=sparse bs=1 seek=2000000 conv=notrunc 2>/dev/null
            mkdir -m 555 readonly; touch -d '2010-10-10' a/b sticky
            """)
    }

    /// Mode, owner, links, size, device, time, name and link target of everything.
    private func listing(_ path: String) throws -> [String] {
        try lines(
            run(
                "sh", "-c",
                "find . -printf '%M %U:%G %n %T@ %p -> %l ' \\( -type d -printf '\\n' -o -printf '%s\\n' \\) | sed 's/\\(\\.[0-9]\\{0,9\\}\\)[0-9]* /\\1 /' | sort -k5",
                in: path))
    }

    @Test("attributes, capabilities among them, survive a PAX archive; overlayfs's own don't")
    func attributes() async throws {
        try await withFolder { folder in
            var tar = TestTar()
            tar.pax([("SCHILY.xattr.user.note", "hello"), ("SCHILY.xattr.trusted.overlay.redirect", "/etc")])
            tar.add("file", Array("x".utf8))
            try unpack(tar.finished, into: folder)
            var value = [UInt8](repeating: 0, count: 64)
            #expect(getxattr(folder + "/file", "user.note", &value, 64) == 5)
            #expect(getxattr(folder + "/file", "trusted.overlay.redirect", &value, 64) == -1)
        }
    }

    @Test("fractions, long names and huge numbers of PAX are understood")
    func paxValues() async throws {
        try await withFolder { folder in
            let long = String(repeating: "d/", count: 120) + "f"
            var tar = TestTar()
            tar.pax([("path", long), ("mtime", "1500000000.25"), ("uid", "3000000"), ("gid", "4000000")])
            tar.add("short", Array("x".utf8))
            try unpack(tar.finished, into: folder)
            #expect(
                try lines(run("stat", "-c", "%u %g %.2Y", folder + "/" + long)) == ["3000000 4000000 1500000000.25"])
        }
    }

    @Test("whiteouts and opaque folders become overlayfs's, whichever order they come in")
    func whiteouts() async throws {
        try await withFolder { folder in
            var tar = TestTar()
            tar.add("d/", type: "5", mode: 0o755)
            tar.add("d/.wh.gone")
            tar.add("d/.wh.again")
            tar.add("d/again/", type: "5", mode: 0o755)
            tar.add("d/kept", Array("k".utf8))
            tar.add("d/.wh.kept")
            tar.add("o/", type: "5", mode: 0o755)
            tar.add("o/.wh..wh..opq")
            tar.add("o/new", Array("n".utf8))
            tar.add(".wh..wh.plnk/1.2", Array("aufs".utf8))
            try unpack(tar.finished, into: folder) { $0.whiteouts = true }
            #expect(try lines(run("stat", "-c", "%F %t %T", folder + "/d/gone")) == ["character special file 0 0"])
            var value = [UInt8](repeating: 0, count: 8)
            for opaque in ["/d/again", "/o"] {
                #expect(getxattr(folder + opaque, "trusted.overlay.opaque", &value, 8) == 1, "\(opaque)")
            }
            #expect(try text(folder + "/d/kept") == "k")
            #expect(access(folder + "/.wh..wh.plnk", F_OK) != 0)
        }
    }

    @Test("folders give way to files and files to folders")
    func replacement() async throws {
        try await withFolder { folder in
            var tar = TestTar()
            tar.add("x/", type: "5", mode: 0o700)
            tar.add("x/y/", type: "5", mode: 0o700)
            tar.add("x/y/z", [1])
            tar.add("x", Array("file".utf8))
            tar.add("f", [1])
            tar.add("f/", type: "5", mode: 0o755)
            tar.add("f/inside", [2])
            tar.add("f/inside", [3, 4])
            try unpack(tar.finished, into: folder)
            #expect(try text(folder + "/x") == "file")
            #expect(try contents(folder + "/f/inside") == [3, 4])
        }
    }
}
