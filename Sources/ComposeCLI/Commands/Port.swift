import CommandLine
import Compose
import DockerCLI
import JSON

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
