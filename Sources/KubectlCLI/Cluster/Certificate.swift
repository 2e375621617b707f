import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct CertificateOptions: Sendable { var files = FileOptions(), printing = PrintOptions(), force = false }

extension VerbTree {
    static func certificate() -> Verb {
        Verb(
            "certificate", group: .cluster, "Modify certificate resources", usage: "certificate SUBCOMMAND [options]",
            alone: .help,
            subverbs: [
                decide(
                    "approve", "Approve a certificate signing request", type: "Approved", reason: "KubectlApprove",
                    operation: "approved"),
                decide(
                    "deny", "Deny a certificate signing request", type: "Denied", reason: "KubectlDeny",
                    operation: "denied"),
            ])
    }

    private static func decide(_ name: String, _ summary: String, type: String, reason: String, operation: String)
        -> Verb
    {
        Verb(
            name, summary, usage: "certificate \(name) (-f FILENAME | NAME) [options]", options: CertificateOptions(),
            flags: FileOptions.flags(\.files, "to \(name)") + PrintOptions.flags(\.printing) + [
                .toggle("force", \.force, "Also when it was decided before")
            ]
        ) { options, parsed, session in
            guard !parsed.arguments.isEmpty || !options.files.isEmpty else {
                throw Refusal("one or more CSRs must be specified as <name> or -f <filename>")
            }
            let printer = try ObjectPrinter(session, options.printing)
            var selection = options.files.selection(
                parsed.arguments.isEmpty ? [] : ["certificatesigningrequests"] + parsed.arguments)
            selection.latest = true
            let items = try await session.select(selection).all()
            if items.isEmpty { session.out.line("No resources found") }
            for item in items {
                var request = item
                let conditions = item.object["status"]["conditions"].array ?? []
                let other = type == "Approved" ? "Denied" : "Approved"
                if conditions.contains(where: { $0["type"].string == other }) {
                    throw Refusal(
                        "certificate signing request \(item.name.quoted) is already \(other)"
                    )
                }
                if !conditions.contains(where: { $0["type"].string == type }) || options.force {
                    let now = ModelTime(ModelTime.now).text
                    let kept = conditions.filter { $0["type"].string != type }
                    request.object["status", "conditions"] = .array(
                        kept + [
                            [
                                "type": .string(type), "status": "True", "reason": .string(reason),
                                "message": .string("This CSR was \(operation) by kubectl certificate \(name)."),
                                "lastUpdateTime": .string(now),
                            ]
                        ])
                    request.subresource = "approval"
                    request.take(try await session.send(.PUT, request.path, [], request.object))
                    request.subresource = ""
                }
                // The original shows the request as it was before.
                try printer.print(item, operation)
            }
        }
    }
}
