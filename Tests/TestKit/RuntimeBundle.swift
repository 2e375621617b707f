import Foundation
import Synchronization
import Testing

/// Which OCI runtime is called. What is asserted of ours is asserted of runc, where it is installed.
package enum OCIRuntime: String, Sendable, CaseIterable, CustomStringConvertible {
    case hako, runc
    package var description: String { self == .hako ? "hako runtime" : "runc" }
    package static let available: [OCIRuntime] =
        FileManager.default.isExecutableFile(atPath: reference) ? [.hako, .runc] : [.hako]

    private static let reference = "/usr/sbin/runc"

    fileprivate var words: [String] { self == .hako ? [Repo.hako, "runtime"] : [Self.reference] }
}

/// A bundle with busybox in it, and a container of an id of its own. Both go when the test ends.
package final class RuntimeBundle: Sendable {
    package let runtime: OCIRuntime
    package let folder: String
    package let id: String
    package var root: String { folder + "/rootfs" }

    private static let counter = Atomic<Int>(0)
    private static let busybox = "/bin/busybox"

    package static func with(_ runtime: OCIRuntime = .hako, _ body: (RuntimeBundle) async throws -> Void) async throws {
        let bundle = try RuntimeBundle(runtime)
        do {
            try await body(bundle)
            try await bundle.takeDown()
        } catch {
            try? await bundle.takeDown()
            throw error
        }
    }

    private init(_ runtime: OCIRuntime) throws {
        self.runtime = runtime
        id = "hako-bundle-\(getpid())-\(Self.counter.add(1, ordering: .relaxed).newValue)"
        folder = NSTemporaryDirectory() + id
        let files = FileManager.default
        for name in ["bin", "proc", "dev", "sys", "tmp", "etc"] {
            try files.createDirectory(atPath: "\(folder)/rootfs/\(name)", withIntermediateDirectories: true)
        }
        try files.copyItem(atPath: Self.busybox, toPath: root + "/bin/busybox")
        for applet in ["sh", "cat", "sleep", "true", "env", "id", "touch", "ls", "echo", "pwd"] {
            try files.createSymbolicLink(atPath: "\(root)/bin/\(applet)", withDestinationPath: "busybox")
        }
        try configure(["true"])
    }

    /// Writes config.json. Everything but the arguments is JSON text: whole members of their object, or elements.
    package func configure(
        _ arguments: [String], mounts: [String] = [], hooks: String = "", process: String = "", linux: String = ""
    ) throws {
        let words = arguments.map { "\"\($0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"" }
        let standard = [
            #"{"destination":"/proc","type":"proc","source":"proc"}"#,
            #"{"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","mode=755","size=64k"]}"#,
        ]
        func also(_ members: String) -> String { members.isEmpty ? "" : ",\(members)" }
        let text = """
            {"ociVersion":"1.0.2","root":{"path":"rootfs"},"hostname":"box","annotations":{"test.key":"value"},
             "process":{"args":[\(words.joined(separator: ","))],"env":["PATH=/bin"],"cwd":"/","user":{"uid":0,"gid":0},
              "capabilities":{"bounding":["CAP_KILL"],"effective":["CAP_KILL"],"permitted":["CAP_KILL"]}\(also(process))},
             "mounts":[\((standard + mounts).joined(separator: ","))],"hooks":{\(hooks)},
             "linux":{"cgroupsPath":"/\(id)",
              "namespaces":[{"type":"pid"},{"type":"mount"},{"type":"uts"},{"type":"ipc"},{"type":"network"}]\(also(linux))}}
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/config.json"))
    }

    /// A hook of the host's that writes its name and what it reads on stdin, as a line, to `record`.
    package func hook(_ name: String, then: String = "true") -> String {
        #""\#(name)":[{"path":"/bin/sh","args":["sh","-c","{ echo -n '\#(name) '; cat; echo; } >> \#(record); \#(then)"]}]"#
    }

    package var record: String { folder + "/record" }

    /// `runtime COMMAND WORDS…` with a state folder of this bundle's own.
    @discardableResult
    package func call(_ command: String, _ words: String..., input: String = "") async throws -> Answer {
        var all = runtime.words + ["--root", folder + "/state", command]
        if ["create", "run"].contains(command) { all += ["--bundle", folder] }
        return try await Command.run(all + words, input: input)
    }

    /// The same, and a failed test when the status isn't 0.
    @discardableResult
    package func ok(
        _ command: String, _ words: String..., at place: SourceLocation = #_sourceLocation
    ) async throws -> String {
        var all = runtime.words + ["--root", folder + "/state", command]
        if ["create", "run"].contains(command) { all += ["--bundle", folder] }
        let answer = try await Command.run(all + words)
        #expect(answer.status == 0, "\(answer)", sourceLocation: place)
        return answer.out
    }

    /// "created", "running", "paused" or "stopped".
    package func status() async throws -> String {
        let state = try await call("state", id).out
        return state.split(separator: "\n").first { $0.contains("\"status\"") }?.split(separator: "\"").last {
            $0 != ","
        }.map(String.init) ?? state
    }

    private func takeDown() async throws {
        try await call("delete", "--force", id)
        try FileManager.default.removeItem(atPath: folder)
    }
}
