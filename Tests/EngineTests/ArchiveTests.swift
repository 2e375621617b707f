import CLinux
import Fault
import ImageStore
import JSON
import Linux
import Testing

@testable import Engine

@Suite struct ArchiveTests {
    @Test(
        "a path is read as docker cp means it",
        arguments: [
            ("/etc/passwd", "/etc/passwd", "passwd", false), ("etc", "/etc", "etc", false), ("/", "/", "/", true),
            ("/a/b/", "/a/b", "b", true), ("/a/b/.", "/a/b", ".", true), (".", "/", "/", true),
            ("/a/../../b", "/b", "b", false),
        ])
    func paths(_ asked: String, _ text: String, _ base: String, _ follows: Bool) throws {
        let path = try ArchivePath(asked)
        #expect(path.text == text && path.base == base && path.followsLast == follows)
    }

    @Test("modes are Go's")
    func modes() {
        #expect(GoFileMode.bits(mode_t(S_IFDIR) | 0o1777) == 1 << 31 | 1 << 20 | 0o777)
        #expect(GoFileMode.bits(mode_t(S_IFREG) | 0o4755) == 1 << 23 | 0o755)
        #expect(GoFileMode.bits(mode_t(S_IFCHR) | 0o600) == 1 << 26 | 1 << 21 | 0o600)
        #expect(GoFileMode.bits(mode_t(S_IFLNK) | 0o777) == 1 << 27 | 0o777)
    }

    @Test("a link that leads out of the root is shown as it leads inside it")
    func linkTargets() throws {
        let folder = "/tmp/hako-archive-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileTree.remove(folder) }
        try KernelFile.makeFolders(folder + "/etc", mode: 0o755)
        symlink("../../../../etc", folder + "/etc/up")
        symlink("/nowhere/x", folder + "/etc/dangling")
        let root = try SafeRoot(path: folder)
        #expect(try LinkTarget.resolve("/etc/up", in: root) == "/etc")
        #expect(try LinkTarget.resolve("/etc/dangling", in: root) == "/nowhere/x")
        let path = try ArchivePath("/etc/up")
        let facts = try path.facts(try path.open(in: root, container: "c"), in: root)
        #expect(facts["linkTarget"] == "/etc" && facts["name"] == "up")
        #expect(throws: Fault.self) { try ArchivePath("/etc/none").open(in: root, container: "c") }
        #expect(throws: Fault.self) { try ArchivePath("/etc/dangling/").open(in: root, container: "c") }
    }

    @Test("process tables are read from ps and cut to the container's processes")
    func processTables() throws {
        let table = try ProcessTable.parse(
            "UID   PID  PPID CMD\nroot    1     0 init --long  words\nroot   22     1 sh\n")
        #expect(try table.only([22]).rows == [["root", "22", "1", "sh"]])
        #expect(table.rows[0].last == "init --long  words")
        #expect(throws: Fault.self) { try ProcessTable.parse("UID CMD\nroot x\n").only([1]) }
        #expect(throws: Fault.self) { try ProcessTable.check("-o uid=PID") }
        let facts = try #require(
            ProcessFacts(stat: "12 (a ) b) S 7 12 12 34817 12 4194304 1 2 3 4 50 25 0 0 20 0 1 0 900 1 1"))
        #expect(
            facts.name == "a ) b" && facts.parent == 7 && facts.terminal == "pts/1" && facts.cpu == 75
                && facts.started == 900)
    }

    @Test("interfaces' counters are read without loopback")
    func interfaceCounters() {
        let table = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
              eth0:    2048      10    1    2    0     0          0         0     4096      20    3    4    0     0       0          0
            """
        let counters = InterfaceCounters.parse(table)
        #expect(counters == [InterfaceCounters(name: "eth0", received: [2048, 10, 1, 2], sent: [4096, 20, 3, 4])])
        #expect(counters.first?.document["tx_dropped"] == 4)
    }
}
