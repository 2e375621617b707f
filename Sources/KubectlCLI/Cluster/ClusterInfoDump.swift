import CommandLine
import Glibc
import JSON
import KubeClient
import KubeModel
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Wire

struct DumpOptions: Sendable {
    var printing = PrintOptions(), folder = "", namespaces: [String] = [], allNamespaces = false,
        timeout: Int64 = 20_000_000_000

    init() { printing.output = "json" }
}

extension VerbTree {
    static func clusterInfoDump() -> Verb {
        Verb(
            "dump", "Dump relevant information for debugging and diagnosis",
            usage: "cluster-info dump [flags] [options]",
            examples:
                "# All of the current namespace and of kube-system\nkubectl cluster-info dump\n\n# The same into files\nkubectl cluster-info dump --output-directory=./state",
            options: DumpOptions(),
            flags: PrintOptions.flags(\.printing).filter { $0.name != "output" } + [
                .text("output", short: "o", \.printing.output, default: "json", "Form of the output"),
                .toggle("all-namespaces", short: "A", \.allNamespaces, "All namespaces"),
                .strings("namespaces", \.namespaces, "These namespaces"),
                .text("output-directory", \.folder, "Where files are written; standard output when empty or '-'"),
                Flag(
                    "pod-running-timeout", value: "duration", help: "How long to wait for a pod", shownDefault: "20s"
                ) {
                    guard let span = GoDuration.parse($1) else { throw FlagValueError(GoDuration.complaint(about: $1)) }
                    $0.timeout = span
                },
            ]
        ) { options, _, session in
            try await Dumping(options, session).run()
        }
    }
}

/// Prints the objects and logs of namespaces, or writes them to a file each.
struct Dumping: Sendable {
    private let options: DumpOptions
    private let session: Session
    private let target: DumpTarget
    private let printer: ObjectPrinter

    init(_ options: DumpOptions, _ session: Session) throws {
        self.options = options
        self.session = session
        let target = DumpTarget(options.folder == "-" ? "" : options.folder, session.out)
        self.target = target
        printer = try ObjectPrinter(session, options.printing, to: target.output)
    }

    /// What is dumped of a namespace, in this order, and the files' names.
    private static let kinds: [(ResourceID, String)] = [
        (ResourceID("", "v1", "events"), "events"),
        (ResourceID("", "v1", "replicationcontrollers"), "replication-controllers"), (.services, "services"),
        (ResourceID("apps", "v1", "daemonsets"), "daemonsets"),
        (ResourceID("apps", "v1", "deployments"), "deployments"),
        (ResourceID("apps", "v1", "replicasets"), "replicasets"), (.pods, "pods"),
    ]

    private var suffix: String { ["json": ".json", "yaml": ".yaml"][options.printing.output] ?? ".txt" }

    func run() async throws {
        try await dump(.nodes, "", "nodes")
        for namespace in try await namespaces() {
            var pods = JSON.null
            for (resource, file) in Self.kinds { pods = try await dump(resource, namespace, "\(namespace)/\(file)") }
            for pod in pods["items"].array ?? [] { try await logs(of: pod, namespace) }
        }
        if target.isFolder { session.out.line("Cluster info dumped to \(options.folder)") }
    }

    private func namespaces() async throws -> [String] {
        if options.allNamespaces {
            let list = try await session.get(ResourceID.namespaces.path(namespace: ""))
            return (list["items"].array ?? []).compactMap { $0["metadata"]["name"].string }
        }
        return options.namespaces.isEmpty ? ["kube-system", try session.namespace] : options.namespaces
    }

    @discardableResult private func dump(_ resource: ResourceID, _ namespace: String, _ file: String) async throws
        -> JSON
    {
        let list = try await session.get(resource.path(namespace: namespace))
        try target.begin(file + suffix)
        try printer.show(TypedForm.list(list), isTyped: true)
        return list
    }

    private func logs(of pod: JSON, _ namespace: String) async throws {
        let name = pod["metadata"]["name"].plain
        try target.begin("\(namespace)/\(name)/logs.txt")
        let path = ResourceID.pods.path(namespace: namespace, name: name, subresource: "log")
        for container in (pod["spec"]["initContainers"].array ?? []) + (pod["spec"]["containers"].array ?? []) {
            let title = "logs for container \(container["name"].plain) of pod \(namespace)/\(name) ====\n"
            target.output.write("==== START \(title)")
            do {
                let connection = try session.connection
                let answer = try await connection.accepted(
                    try await connection.send(
                        .GET, path, [("container", container["name"].plain)], headers: [("Accept", "*/*")]))
                while let part = try await answer.nextBodyPart() { target.output.write(part.readableBytesView) }
            } catch let status as APIStatus {
                target.output.write("Request log error: \(status.message)\n")
            }
            target.output.write("==== END \(title)")
        }
    }
}

/// Where a dump goes: one stream, or a file after the other below a folder.
final class DumpTarget: Sendable {
    private let folder: String
    /// The file that is being written; nil: none.
    private let file: NIOLockedValueBox<Int32?>
    let output: Output

    /// - Parameter folder: "" for `stream`.
    init(_ folder: String, _ stream: Output) {
        self.folder = folder
        let file = NIOLockedValueBox<Int32?>(nil)
        self.file = file
        output =
            folder.isEmpty
            ? stream
            : Output { bytes in file.withLockedValue { $0 }.map { Output.descriptor($0).write(bytes) } ?? false }
    }

    deinit { close() }

    var isFolder: Bool { !folder.isEmpty }

    func begin(_ name: String) throws {
        guard isFolder else { return }
        // Objects and logs may hold secrets: for the owner's eyes.
        let path = "\(folder)/\(name)"
        try Self.makeFolders(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Refusal("open \(path): \(WholeFile.message(errno))") }
        close()
        file.withLockedValue { $0 = descriptor }
    }

    private func close() {
        file.withLockedValue { file in
            if let file { Glibc.close(file) }
            file = nil
        }
    }

    private static func makeFolders(_ path: String) throws {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.parts("/") where !part.isEmpty {
            made += made.isEmpty || made.hasSuffix("/") ? part : "/\(part)"
            if mkdir(made, 0o700) != 0, errno != EEXIST {
                throw Refusal("mkdir \(made): \(WholeFile.message(errno))")
            }
        }
    }
}
