import CLinux
import Cluster
import CommandLine
import DockerCLI
import Linux

/// A file that `cp` names: on a node, or on this machine.
struct CopyPlace: Sendable, Equatable {
    /// "": this machine.
    var node: String
    var path: String

    /// `NODE:/absolute/path`, else a path as it is.
    init(_ text: String) {
        let colon = text.firstIndex(of: ":") ?? text.startIndex
        let name = text[..<colon], rest = text[colon...].dropFirst()
        if !name.isEmpty, !name.contains("/"), rest.hasPrefix("/") {
            (node, path) = (String(name), String(rest))
        } else {
            (node, path) = ("", text)
        }
    }

    var text: String { node.isEmpty ? path : "\(node):\(path)" }

    /// A path that ends with a slash means a file of the source's name in that folder.
    func completed(by source: CopyPlace) -> CopyPlace {
        let name = source.path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard path.hasSuffix("/"), !name.isEmpty else { return self }
        var copy = self
        copy.path += name
        return copy
    }

    /// The folder that the file is in.
    var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

extension Verbs {
    static func copy() -> ClusterCommand {
        ClusterCommand(
            "cp", "Copy the specified file into minikube",
            explanation:
                "Copy a file between this machine and a node, or between nodes. A target without a node is the\n"
                + "control plane's when the source is of this machine.",
            usage: "[NODE:]SOURCE [NODE:]TARGET", count: .atLeast(0), options: PlainOptions(), flags: [.profile]
        ) { options, parsed, session in
            guard parsed.arguments.count == 2 else {
                throw Reason.usage.failure(
                    "Please specify the path to copy: \n\tminikube cp <source file path> <target file absolute path> "
                        + "(example: \"minikube cp a/b.txt /copied.txt\")")
            }
            let source = CopyPlace(parsed.arguments[0])
            let target = CopyPlace(parsed.arguments[1]).completed(by: source)
            try check(source, target)
            return try await Copying(session, try session.existing(options.profile)).run(source, target)
        }
    }

    private static func check(_ source: CopyPlace, _ target: CopyPlace) throws {
        if source.path.isEmpty { throw Reason.usage.failure("Source \(source.path) can not be empty") }
        if target.path.isEmpty { throw Reason.usage.failure("Target \(target.path) can not be empty") }
        if source.node.isEmpty, target.node.isEmpty, !target.path.hasPrefix("/") {
            throw Reason.usage.failure(
                "Target <remote file path> must be an absolute Path. Relative Path is not allowed "
                    + "(example: \"minikube:/home/docker/copied.txt\")")
        }
    }
}

private struct Copying {
    let session: ClusterSession
    let profile: Profile

    init(_ session: ClusterSession, _ profile: Profile) {
        self.session = session
        self.profile = profile
    }

    func run(_ source: CopyPlace, _ target: CopyPlace) async throws -> Int32 {
        var from = source, to = target
        if to.node.isEmpty, from.node.isEmpty { to.node = profile.controlPlane?.name ?? "" }
        if !from.node.isEmpty { from.node = try await running(from.node) }
        if !to.node.isEmpty { to.node = try await running(to.node) }
        if from.node.isEmpty { try checkFile(from.path) }
        if from.node.isEmpty || to.node.isEmpty { return try await copy(from, to) }
        return try await throughThisMachine(from, to)
    }

    /// The node's container, which must run.
    private func running(_ name: String) async throws -> String {
        guard let node = profile.nodes.first(where: { $0.name == name || $0.name == "\(profile.name)-\(name)" }) else {
            throw Reason.nodeRetrieve.failure("Node \(name) does not exist.")
        }
        try await session.checkRunning(node)
        return node.name
    }

    private func checkFile(_ path: String) throws {
        var information = stat()
        guard stat(path, &information) == 0 else {
            throw Reason.pathMissing.failure("Cannot find directory \(path) for copy")
        }
        if information.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR) {
            throw Reason.usage.failure("\(path) is a directory: cp copies one file")
        }
    }

    private func copy(_ from: CopyPlace, _ to: CopyPlace) async throws -> Int32 {
        if !to.node.isEmpty {
            let made = await session.docker(["exec", to.node, "mkdir", "-p", to.folder])
            guard made == 0 else { return made }
        }
        return await session.docker(["cp", "--quiet", from.text, to.text])
    }

    private func throughThisMachine(_ from: CopyPlace, _ to: CopyPlace) async throws -> Int32 {
        var template = Array("/tmp/hako-cp-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw KernelError(call: "mkdtemp", subject: "/tmp", errno: hako_errno())
        }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            unlink(folder + "/file")
            rmdir(folder)
        }
        let between = CopyPlace(folder + "/file")
        let status = try await copy(from, between)
        return status == 0 ? try await copy(between, to) : status
    }
}

extension ClusterSession {
    /// Throws minikube's sentence when the node's container doesn't run.
    func checkRunning(_ node: Profile.Node) async throws {
        guard try await !isRunning(node.name) else { return }
        let kind = node.isControlPlane ? "control-plane node" : "node"
        throw Failure(
            "The \(kind) \(node.name) host is not running: state=Stopped\n"
                + "To start a cluster, run: \"minikube start\"", exitCode: 83)
    }
}
