import CLinux
import Testing

@testable import Linux

/// A folder that goes away with the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/hako-linux-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw KernelError(call: "mkdtemp", subject: "/tmp", errno: hako_errno())
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { Self.remove(path) }

    static func remove(_ path: String) {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let inner = path + "/" + name
            if unlink(inner) != 0 { remove(inner) }
        }
        closedir(folder)
        rmdir(path)
    }

    func make(_ folder: String) { mkdir(path + "/" + folder, 0o755) }
    func write(_ file: String, _ text: String) throws {
        let file = try OwnedDescriptor.open(path + "/" + file, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try file.writeAll(Array(text.utf8))
    }
    func link(_ name: String, to target: String) { symlink(target, path + "/" + name) }
}

@Suite struct SafeRootTests {
    @Test("an absolute link in the root leads to the root's own file, never to the host's")
    func absoluteLink() throws {
        let folder = try TemporaryFolder()
        folder.make("etc")
        try folder.write("etc/real", "inside")
        folder.link("etc/passwd", to: "/etc/real")
        let root = try SafeRoot(path: folder.path)
        #expect(try root.read("/etc/passwd") == Array("inside".utf8))
    }

    @Test(
        "dots and links can't lead out of the root", arguments: ["../../../../etc/hostname", "up/etc/hostname", "out"])
    func escape(_ path: String) throws {
        let folder = try TemporaryFolder()
        folder.link("up", to: "../../../../..")
        folder.link("out", to: "/../../etc/hostname")
        let root = try SafeRoot(path: folder.path)
        #expect(try root.read(path) == nil)
    }

    @Test("a pipe in the place of a file is an error and doesn't block the reader")
    func pipe() throws {
        let folder = try TemporaryFolder()
        mkfifo(folder.path + "/group", 0o644)
        let root = try SafeRoot(path: folder.path)
        #expect(throws: KernelError.self) { try root.read("group") }
    }

    @Test("a file over the limit is refused, not cut")
    func tooLarge() throws {
        let folder = try TemporaryFolder()
        try folder.write("big", String(repeating: "x", count: 100))
        let root = try SafeRoot(path: folder.path)
        #expect(throws: KernelError(call: "read", subject: "big in \(folder.path)", errno: EFBIG)) {
            try root.read("big", limit: 99)
        }
        #expect(try root.read("big", limit: 100)?.count == 100)
    }

    @Test("missing folders are made through links that stay inside")
    func makeFolders() throws {
        let folder = try TemporaryFolder()
        folder.make("real")
        folder.link("var", to: "/real")
        let root = try SafeRoot(path: folder.path)
        try root.makeFolders("/var/lib/deep")
        #expect(try root.status("/real/lib/deep") != nil)
        #expect(try root.readLink("var") == "/real")
        #expect(try root.parent(of: "/var/lib/deep").name == "deep")
        #expect(throws: KernelError.self) { try root.parent(of: "a/..") }
    }

    @Test("a file is replaced whole and its temporary twin doesn't stay")
    func replace() throws {
        let folder = try TemporaryFolder()
        try KernelFile.replace(folder.path + "/state", Array("one".utf8))
        try KernelFile.replace(folder.path + "/state", Array("two".utf8))
        #expect(try KernelFile.read(folder.path + "/state") == "two")
        #expect(access(folder.path + "/state.new", F_OK) == -1)
    }

    @Test("a released descriptor stays open, a closed one doesn't")
    func ownership() throws {
        let file = try OwnedDescriptor.open("/dev/null", O_RDONLY)
        let released = file.release()
        file.close()
        #expect(lseek(released, 0, SEEK_CUR) != -1)
        close(released)
        #expect(file.raw == -1)
    }
}

@Suite struct ProcTests {
    @Test("a command with parentheses and spaces doesn't shift the fields of stat")
    func stat() {
        let line = "42 (a) b (c)) S 7 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 2 3"
        let status = Proc.parse(stat: line)
        #expect(status == Proc.Status(pid: 42, command: "a) b (c)", state: "S", parent: 7, startTime: 987654))
        #expect(Proc.parse(stat: "42 (cut") == nil)
    }

    @Test("our own process is alive under its start time and no other")
    func alive() throws {
        let own = try #require(Proc.status(getpid()))
        #expect(Proc.isAlive(getpid(), startTime: own.startTime))
        #expect(!Proc.isAlive(getpid(), startTime: own.startTime + 1))
    }

    @Test("mountinfo lines give target, type and options with escapes undone")
    func mountinfo() throws {
        let line = #"36 35 98:0 /mnt1 /my\040dir rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue"#
        let entry = try #require(MountEntry(line: line))
        #expect(entry.target == "/my dir")
        #expect(entry.propagation == ["master:1", "shared:2"])
        #expect(entry.type == "ext3" && entry.superOptions == ["rw", "errors=continue"])
        #expect(MountEntry(line: "36 35 98:0 / /x rw") == nil)
        #expect(try MountEntry.all().contains { $0.target == "/" })
        #expect(try MountEntry.targets(at: "/") == MountEntry.all().map(\.target))
        let processes = try MountEntry.all().map(\.target).filter { $0 == "/proc" || $0.hasPrefix("/proc/") }
        #expect(try MountEntry.targets(at: "/proc") == processes)
    }
}
