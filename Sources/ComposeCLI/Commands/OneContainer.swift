import CommandLine
import Compose
import DockerCLI
import JSON

/// The container of a service that a command is about.
enum OneContainer {
    /// - Parameter index: the container's number; 0: the first.
    static func find(
        _ context: ComposeContext, _ service: String, index: Int = 0, all: Bool = false,
        oneOffs: ProjectAPI.OneOffs = .without
    ) async throws -> ProjectContainer {
        let (project, name) = try await context.projectOrName()
        let containers = try await context.api(name).containers(services: [service], oneOffs: oneOffs, all: all)
            .sorted { ($0.isOneOff ? 1 : 0, $0.number) < ($1.isOneOff ? 1 : 0, $1.number) }
        if index > 0 {
            guard let found = containers.first(where: { $0.number == index && !$0.isOneOff }) else {
                throw Failure("service \(GoText.quote(service)) is not running container #\(index)")
            }
            return found
        }
        guard let first = containers.first else {
            if let project, project.services[service] == nil, project.disabled[service] == nil {
                throw ComposeError("no such service: \(service)")
            }
            throw Failure("service \(GoText.quote(service)) is not running")
        }
        return first
    }
}

struct ComposeExecOptions: Sendable {
    var detach = false, privileged = false, noTerminal: Bool?, interactive = true, terminal = true
    var environment: [String] = []
    var index = 0
    var user = "", folder = ""
}

extension ComposeTree {
    static func exec() -> ComposeCommand {
        ComposeCommand(
            "exec", "Execute a command in a running container", usage: "[OPTIONS] SERVICE COMMAND [ARGS...]",
            count: .atLeast(2), interspersed: false, options: ComposeExecOptions(),
            flags: [
                .toggle("detach", short: "d", \.detach, "Run the command in the background"),
                .list("env", short: "e", \.environment, value: "stringArray", "Environment variable"),
                .int("index", \.index, "Number of the container when a service has several"),
                .toggle("interactive", short: "i", \.interactive, default: true, hidden: true, "Keep STDIN open"),
                .optionalToggle("no-tty", short: "T", \.noTerminal, "Give the command no terminal"),
                .toggle("privileged", \.privileged, "Give the command all privileges"),
                .toggle("tty", short: "t", \.terminal, default: true, hidden: true, "Give the command a terminal"),
                .text("user", short: "u", \.user, "User to run the command as"),
                .text("workdir", short: "w", \.folder, "Working directory of the command"),
            ]
        ) { options, parsed, context in
            let container = try await OneContainer.find(context, parsed.arguments[0], index: options.index)
            var words = ["exec"]
            if options.detach { words.append("-d") } else if options.interactive { words.append("-i") }
            let isTerminal = !(options.noTerminal ?? !(context.out.isTerminal && context.session.input.isTerminal))
            if isTerminal, options.terminal, !options.detach { words.append("-t") }
            if options.privileged { words.append("--privileged") }
            for variable in options.environment { words += ["-e", variable] }
            if !options.user.isEmpty { words += ["-u", options.user] }
            if !options.folder.isEmpty { words += ["-w", options.folder] }
            return try await context.session.docker(words + [container.id] + parsed.arguments.dropFirst())
        }
    }
}

struct ComposeAttachOptions: Sendable { var index = 0, keys = "", noInput = false, proxy = true }

extension ComposeTree {
    static func attach() -> ComposeCommand {
        ComposeCommand(
            "attach", "Attach local standard input, output, and error streams to a service's running container",
            usage: "[OPTIONS] SERVICE", count: .exactly(1), options: ComposeAttachOptions(),
            flags: [
                .text("detach-keys", \.keys, "Keys that leave the container"),
                .int("index", \.index, "Number of the container when a service has several"),
                .toggle("no-stdin", \.noInput, "Don't send input"),
                .toggle("sig-proxy", \.proxy, default: true, "Hand received signals on to the process"),
            ]
        ) { options, parsed, context in
            let container = try await OneContainer.find(context, parsed.arguments[0], index: options.index)
            var words = ["attach", "--sig-proxy=\(options.proxy)"]
            if options.noInput { words.append("--no-stdin") }
            if !options.keys.isEmpty { words += ["--detach-keys", options.keys] }
            return try await context.session.docker(words + [container.id])
        }
    }
}

struct ComposePortOptions: Sendable { var index = 0, proto = "tcp" }

extension ComposeTree {
    static func port() -> ComposeCommand {
        ComposeCommand(
            "port", "Print the public port for a port binding", usage: "[OPTIONS] SERVICE PRIVATE_PORT",
            count: .exactly(2), options: ComposePortOptions(),
            flags: [
                .int("index", \.index, "Number of the container when a service has several"),
                .text("protocol", \.proto, default: "tcp", "tcp or udp"),
            ]
        ) { options, parsed, context in
            guard let wanted = Int(parsed.arguments[1]), (0...65_535).contains(wanted) else {
                throw Failure("strconv.ParseUint: parsing \(GoText.quote(parsed.arguments[1])): invalid syntax")
            }
            let container = try await OneContainer.find(context, parsed.arguments[0], index: options.index)
            let proto = options.proto.lowercased()
            let ports = container.json["Ports"].array ?? []
            guard
                let found = ports.first(where: {
                    $0["PrivatePort"].int == wanted && $0["Type"].string == proto && $0["PublicPort"].int != nil
                })
            else {
                let others = ports.map { "\($0["PublicPort"].int ?? 0)/\($0["Type"].string ?? "tcp")" }
                throw Failure(
                    "no port \(wanted)/\(proto) for container \(container.name): \(others.joined(separator: ", "))")
            }
            context.out.line("\(found["IP"].string ?? ""):\(found["PublicPort"].int ?? 0)")
            return 0
        }
    }
}

struct ComposeCopyOptions: Sendable { var index = 0, all = false, archive = false, follows = false }

extension ComposeTree {
    static func cp() -> ComposeCommand {
        ComposeCommand(
            "cp", "Copy files/folders between a service container and the local filesystem",
            usage: "[OPTIONS] SERVICE:SRC_PATH DEST_PATH|-\nSRC_PATH|- SERVICE:DEST_PATH", count: .exactly(2),
            options: ComposeCopyOptions(),
            flags: [
                .toggle("all", \.all, "Copy to containers that `run` made too"),
                .toggle("archive", short: "a", \.archive, "Keep owners"),
                .toggle("follow-link", short: "L", \.follows, "Follow a link in SRC_PATH"),
                .int("index", \.index, "Number of the container when a service has several"),
            ]
        ) { options, parsed, context in
            let places = parsed.arguments.map(place)
            guard (places[0].service == nil) != (places[1].service == nil) else {
                throw Failure(
                    places[0].service == nil ? "unknown copy direction" : "copying between services is not supported")
            }
            var words = ["cp"]
            if options.archive { words.append("-a") }
            if options.follows { words.append("-L") }
            if let service = places[0].service {
                let source = try await OneContainer.find(
                    context, service, index: options.index, all: true, oneOffs: options.all ? .with : .without)
                return try await context.session.docker(
                    words + ["\(source.id):\(places[0].path)", parsed.arguments[1]])
            }
            let service = places[1].service ?? ""
            let targets: [ProjectContainer]
            if options.index > 0 {
                targets = [try await OneContainer.find(context, service, index: options.index, all: true)]
            } else {
                _ = try await OneContainer.find(context, service, all: true, oneOffs: options.all ? .with : .without)
                let name = try await context.projectOrName().1
                targets = try await context.api(name).containers(
                    services: [service], oneOffs: options.all ? .with : .without)
            }
            for target in targets {
                let code = try await context.session.docker(
                    words + [parsed.arguments[0], "\(target.id):\(places[1].path)"])
                if code != 0 { return code }
            }
            return 0
        }
    }

    /// `SERVICE:PATH`, or a path of this machine.
    static func place(_ text: String) -> (service: String?, path: String) {
        guard !text.hasPrefix("."), !text.hasPrefix("/"), let (service, path) = text.cut(":") else {
            return (nil, text)
        }
        return (service, path)
    }
}
