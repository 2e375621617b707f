import CommandLine
import JSON
import KubeClient
import KubeModel

struct DebugOptions: Sendable {
    var files: [String] = [], argumentsOnly = false, attaches = false, attachGiven = false, container = "", copyTo = ""
    var custom = "", variables: [(String, String)] = [], image = "", pullPolicy = "", kept = DebugProfile.Kept()
    var profile = "general", quiet = false, replaces = false, sameNode = false, images: [(String, String)] = []
    var sharesProcesses = true, sharingGiven = false, stdin = false, target = "", tty = false
    /// What stands behind `--`.
    var command: [String] = []
}

extension VerbTree {
    static func debug() -> Verb {
        Verb(
            "debug", group: .debugging, "Create debugging sessions for troubleshooting workloads and nodes",
            usage: "debug (POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ] [options]",
            examples:
                "# A shell beside the containers of a running pod\nkubectl debug web -it --image=busybox --target=web\n\n# A copy of a pod whose container does something else\nkubectl debug web -it --copy-to=web-debug --container=web -- sh\n\n# A pod in a node's namespaces, with the node's files at /host\nkubectl debug node/minikube -it --image=busybox",
            options: DebugOptions(), flags: DebugOptions.sessionFlags + DebugOptions.copyFlags
        ) { options, parsed, session in
            var options = options
            var names = parsed.arguments
            if let dash = parsed.dashAt {
                names = Array(parsed.arguments[..<dash])
                options.command = Array(parsed.arguments[dash...])
            }
            if !options.attachGiven, options.stdin { options.attaches = true }
            try await Debugging(options, session).run(names)
        }
    }
}

extension DebugOptions {
    fileprivate static let sessionFlags: [Flag<DebugOptions>] = [
        .toggle("arguments-only", \.argumentsOnly, "What stands behind -- are arguments of the image's own command"),
        Flag("attach", value: nil, help: "Attach to the container once it runs; on with -i") {
            $0.attaches = try GoValue.bool($1)
            $0.attachGiven = true
        },
        .text("container", short: "c", \.container, "Name of the debugging container"),
        .text("custom", \.custom, "File with part of a container, JSON or YAML, laid over what the profile makes"),
        .pairs("env", \.variables, "NAME=VALUE in the container's environment"),
        .strings("filename", short: "f", \.files, "File, folder or URL of the objects to debug"),
        .text("image", \.image, "Image of the debugging container"),
        .text("image-pull-policy", \.pullPolicy, "When the image is pulled; else as the server says"),
        .text(
            "profile", \.profile, default: "general",
            "What the container may do: general, baseline, restricted, netadmin or sysadmin"),
        .toggle("quiet", short: "q", \.quiet, "Print nothing that isn't asked for"),
        .toggle("stdin", short: "i", \.stdin, "Keep the container's standard input open"),
        .text("target", \.target, "See the processes of this container; in running pods"),
        .toggle("tty", short: "t", \.tty, "Give the container a terminal"),
    ]

    fileprivate static let copyFlags: [Flag<DebugOptions>] = [
        .text("copy-to", \.copyTo, "Make a copy of the pod with this name"),
        .toggle("keep-annotations", \.kept.annotations, "The copy keeps the annotations"),
        .toggle("keep-init-containers", \.kept.initContainers, default: true, "The copy keeps the init containers"),
        .toggle("keep-labels", \.kept.labels, "The copy keeps the labels"),
        .toggle("keep-liveness", \.kept.liveness, "The copy keeps the liveness probes"),
        .toggle("keep-readiness", \.kept.readiness, "The copy keeps the readiness probes"),
        .toggle("keep-startup", \.kept.startup, "The copy keeps the startup probes"),
        .toggle("replace", \.replaces, "Delete the pod that is copied"),
        .toggle("same-node", \.sameNode, "The copy runs on the same node"),
        .pairs("set-image", \.images, "CONTAINER=IMAGE in the copy; * stands for all containers"),
        Flag(
            "share-processes", value: nil, help: "The copy's containers see each other's processes",
            shownDefault: "true"
        ) {
            $0.sharesProcesses = try GoValue.bool($1)
            $0.sharingGiven = true
        },
    ]

    /// What is wrong with the options together.
    func check(_ names: [String]) throws {
        if attaches, attachGiven, image.isEmpty, container.isEmpty {
            throw Refusal("you must specify --container or create a new container using --image in order to attach.")
        }
        if copyTo.isEmpty {
            if replaces { throw Refusal("--replace may only be used with --copy-to.") }
            if sameNode { throw Refusal("--same-node may only be used with --copy-to.") }
            if !images.isEmpty { throw Refusal("--set-image may only be used with --copy-to.") }
            if image.isEmpty { throw Refusal("you must specify --image when not using --copy-to.") }
        } else {
            if image.isEmpty, images.isEmpty, command.isEmpty {
                throw Refusal("you must specify --image, --set-image or command arguments.")
            }
            if !command.isEmpty, container.isEmpty, image.isEmpty {
                throw Refusal("you must specify an existing container or a new image when specifying args.")
            }
        }
        if !image.isEmpty, !ImageName.isValid(image) {
            throw Refusal("invalid image name \(image.quoted): invalid reference format")
        }
        if names.isEmpty, files.isEmpty { throw Refusal("NAME or filename is required for debug") }
        guard ["", "Always", "IfNotPresent", "Never"].contains(pullPolicy) else {
            throw Refusal("invalid image pull policy: \(pullPolicy)")
        }
        for (name, image) in images where !ImageName.isValid(image) {
            throw Refusal(
                "invalid image name \(image.quoted) for container \(name.quoted): invalid reference format")
        }
        if !target.isEmpty, !copyTo.isEmpty {
            throw Refusal("--target is incompatible with --copy-to. Use --share-processes instead.")
        }
    }
}

/// Names of images by distribution's grammar: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`.
enum ImageName {
    private static let pattern: RE2Pattern? = {
        let domain =
            #"(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"#
        let component = "[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*"
        let tag = #"[\w][\w.-]{0,127}"#,
            digest = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*[:][[:xdigit:]]{32,}"
        return try? RE2Pattern("^((?:\(domain)/)?\(component)(?:/\(component))*)(?::(\(tag)))?(?:@(\(digest)))?$")
    }()

    static func isValid(_ text: String) -> Bool { pattern?.matches(text) ?? true }
}

extension Flag {
    /// `a=b,c=d`, given any number of times; of one name the last value counts (pflag's `stringToString`).
    static func pairs(
        _ name: String, _ path: any WritableKeyPath<Options, [(String, String)]> & Sendable, _ help: String
    ) -> Flag {
        Flag(name, value: "stringToString", help: help, shownDefault: "[]") { options, text in
            let several = text.count { $0 == "=" } > 1
            for part in several ? text.parts(",") : [text] {
                guard let (key, value) = part.cut("=") else {
                    throw FlagValueError("\(part) must be formatted as key=value")
                }
                options[keyPath: path].removeAll { $0.0 == key }
                options[keyPath: path].append((key, value))
            }
        }
    }
}
