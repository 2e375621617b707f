import CommandLine

/// `-f`, `-k` and `-R`.
struct FileOptions: Sendable {
    var filenames: [String] = []
    var kustomize = ""
    var recursive = false

    var isEmpty: Bool { filenames.isEmpty && kustomize.isEmpty }

    /// - Parameter isRecursive: how the options begin.
    static func flags<Options>(
        _ path: any WritableKeyPath<Options, FileOptions> & Sendable, _ purpose: String, isRecursive: Bool = false
    ) -> [Flag<Options>] {
        [
            Flag(
                "filename", short: "f", value: "strings", help: "File, folder or URL of the objects \(purpose)",
                shownDefault: "[]"
            ) {
                $0[keyPath: path].filenames += $1.parts(",")
            },
            Flag(
                "kustomize", short: "k", value: "string",
                help: "Folder with a kustomization.yaml; not together with -f or -R"
            ) {
                $0[keyPath: path].kustomize = $1
            },
            Flag(
                "recursive", short: "R", value: nil, help: "Look into the folders of the folders of -f too",
                shownDefault: "\(isRecursive)"
            ) {
                $0[keyPath: path].recursive = try GoValue.bool($1)
            },
        ]
    }

    func selection(_ arguments: [String] = []) -> Selection {
        var selection = Selection()
        selection.filenames = filenames
        selection.kustomize = kustomize
        selection.recursive = recursive
        selection.arguments = arguments
        return selection
    }
}

/// `--dry-run`.
enum DryRun: Sendable {
    case none, client, server

    init(_ text: String) throws {
        switch text {
        case "none", "": self = .none
        case "client", "unchanged": self = .client
        case "server": self = .server
        default:
            throw Refusal("Invalid dry-run value (\(text)). Must be \"none\", \"server\", or \"client\".")
        }
    }

    /// What a line that tells of a change ends with.
    var suffix: String {
        switch self {
        case .none: ""
        case .client: " (dry run)"
        case .server: " (server dry run)"
        }
    }

    static func flag<Options>(_ path: any WritableKeyPath<Options, String> & Sendable) -> Flag<Options> {
        .optionalValue(
            "dry-run", path, bare: "unchanged", default: "none",
            "Must be \"none\", \"server\" or \"client\": client only shows what would be sent, server has it checked and not stored"
        )
    }
}

/// `--validate`.
enum Validation {
    static func flag<Options>(_ path: any WritableKeyPath<Options, String> & Sendable) -> Flag<Options> {
        .optionalValue(
            "validate", path, bare: "true", default: "strict",
            "What becomes of fields that the server doesn't know: strict (or true), warn, ignore (or false)")
    }

    static func isOn(_ text: String) -> Bool { !["ignore", "false"].contains(text) }

    /// The request's `fieldValidation`.
    static func query(_ text: String) throws -> (String, String) {
        switch text {
        case "", "strict", "true": ("fieldValidation", "Strict")
        case "warn": ("fieldValidation", "Warn")
        case "ignore", "false": ("fieldValidation", "Ignore")
        default:
            throw Refusal(
                "invalid - validate option \(text.quoted); must be one of: strict (or true), warn, ignore (or false)")
        }
    }
}
