import ContainerRuntime
import Foundation
import JSON
import NIOCore
import Testing

/// Containers need a user who may make namespaces.
let isRoot = geteuid() == 0

/// A container runtime of a test's own with one image: `/probe`, the tests' workload. Taken down with `close`.
final class Sandbox: Sendable {
    let folder: String
    let root: String
    let runtime: ContainerRuntime
    let name: String

    init() throws {
        name = "hako-test-\(UUID().uuidString.prefix(8).lowercased())"
        folder = "/tmp/\(name)"
        root = folder + "/root"
        runtime = try ContainerRuntime(stateRoot: folder + "/state")
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Self.probe, toPath: root + "/probe")
    }

    /// Beside the test bundle in the build folder.
    private static var probe: String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().path + "/probe"
    }

    /// A runtime-spec document as the engine makes them, with the probe's arguments.
    func spec(_ arguments: [String], id: String, _ change: (inout JSON) -> Void = { _ in }) throws -> JSON {
        let list = (["/probe"] + arguments).map { "\"\($0)\"" }.joined(separator: ",")
        var spec = try JSON(
            parsing: """
                {"ociVersion":"1.2.0","root":{"path":"\(root)"},"hostname":"box",
                 "process":{"args":[\(list)],"cwd":"/","env":["PATH=/","A=b"],"user":{"uid":0,"gid":0},
                  "capabilities":{"bounding":["CAP_CHOWN","CAP_KILL","CAP_NET_BIND_SERVICE"],
                   "effective":["CAP_CHOWN","CAP_KILL"],"permitted":["CAP_CHOWN","CAP_KILL"]}},
                 "mounts":[
                  {"destination":"/proc","type":"proc","source":"proc","options":["nosuid","noexec","nodev"]},
                  {"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","strictatime","mode=755","size=65536k"]},
                  {"destination":"/dev/pts","type":"devpts","source":"devpts","options":["nosuid","noexec","newinstance","ptmxmode=0666","mode=0620","gid=5"]},
                  {"destination":"/dev/shm","type":"tmpfs","source":"shm","options":["nosuid","noexec","nodev","mode=1777","size=65536k"]},
                  {"destination":"/dev/mqueue","type":"mqueue","source":"mqueue","options":["nosuid","noexec","nodev"]},
                  {"destination":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev","ro"]}],
                 "linux":{"cgroupsPath":"/\(name)/\(id)",
                  "namespaces":[{"type":"pid"},{"type":"mount"},{"type":"uts"},{"type":"ipc"},{"type":"network"},{"type":"cgroup"}],
                  "maskedPaths":["/proc/kcore","/proc/acpi","/proc/keys","/proc/scsi","/sys/firmware"],
                  "readonlyPaths":["/proc/bus","/proc/sys","/proc/sysrq-trigger"]}}
                """)
        change(&spec)
        return spec
    }

    func log(_ id: String) -> String { "\(folder)/\(id).log" }

    func launch(
        _ id: String, _ arguments: [String], format: LogFile.Format = .jsonFile, maxSize: Int64? = nil,
        maxFiles: Int = 1,
        openStdin: Bool = false, stdinOnce: Bool = false, _ change: (inout JSON) -> Void = { _ in }
    ) throws -> Launch {
        Launch(
            id: id, spec: try spec(arguments, id: id, change),
            log: LogFile(format: format, path: log(id), maxSize: maxSize, maxFiles: maxFiles), openStdin: openStdin,
            stdinOnce: stdinOnce)
    }

    /// Creates, starts and waits; gives the exit and what came out.
    func run(_ arguments: [String], _ change: (inout JSON) -> Void = { _ in }) async throws -> (exit: Exit, out: String)
    {
        let id = "c\(UUID().uuidString.prefix(8).lowercased())"
        _ = try await runtime.create(try launch(id, arguments, change))
        try await runtime.start(id)
        let exit = try await runtime.wait(id)
        return (exit, try output(id))
    }

    /// The text of the json-file log.
    func output(_ id: String, suffix: String = "") throws -> String {
        var text = ""
        let content = try String(contentsOfFile: log(id) + suffix, encoding: .utf8)
        for line in content.split(separator: "\n") { text += try JSON(parsing: String(line))["log"].string ?? "" }
        return text
    }

    /// Kills and removes all that the test made.
    func close() async throws {
        for state in try await runtime.list() { try await runtime.delete(state.id) }
        for mount in try FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup") {
            rmdir("/sys/fs/cgroup/\(mount)/\(name)")
        }
        rmdir("/sys/fs/cgroup/\(name)")
        try FileManager.default.removeItem(atPath: folder)
    }
}

/// Runs the body with a sandbox and takes that down, whatever happens.
func withSandbox(_ body: (Sandbox) async throws -> Void) async throws {
    let sandbox = try Sandbox()
    do {
        try await body(sandbox)
    } catch {
        try? await sandbox.close()
        throw error
    }
    try await sandbox.close()
}

/// Reads until the text has come, or the end; gives all that was read.
func read(_ stdio: any MonitorStdio, until wanted: String? = nil) async throws -> String {
    var text = ""
    while let (_, bytes) = try await stdio.next() {
        text += String(buffer: bytes)
        if let wanted, text.contains(wanted) { break }
    }
    return text
}
