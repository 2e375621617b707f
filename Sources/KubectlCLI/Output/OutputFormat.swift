import CommandLine
import JSON

/// What `--output` asks for.
enum OutputFormat: Sendable {
    case standard
    case wide
    case name
    case json
    case yaml
    case kyaml
    case jsonPath(String)
    case jsonPathAsJSON(String)
    case goTemplate(String)
    case customColumns(String)
    case customColumnsFile(String)

    static let templated =
        "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml"
    static let forGet =
        "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml"
    static let forObjects =
        "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml"

    /// - Parameters:
    ///   - template: `--template`; "" when it wasn't given.
    ///   - forGet: tables are wanted too.
    init(_ output: String, template: String, forGet: Bool = false) throws {
        let (kind, argument) = output.cut("=") ?? (output, "")
        func text(_ name: String) throws -> String {
            let value = argument.isEmpty ? template : argument
            guard !value.isEmpty else { throw Refusal("template format specified but no template given") }
            return value
        }
        func file() throws -> String {
            let path = argument.isEmpty ? template : argument
            guard !path.isEmpty else { throw Refusal("template format specified but no template given") }
            do { return String(decoding: try WholeFile.read(path, limit: 16 << 20), as: UTF8.self) } catch {
                throw Refusal("error reading --template \(path), \(error)\n")
            }
        }
        switch kind {
        case "" where template.isEmpty: self = .standard
        case "", "template", "go-template": self = .goTemplate(try text(kind))
        case "templatefile", "go-template-file": self = .goTemplate(try file())
        case "wide" where forGet: self = .wide
        case "name" where argument.isEmpty: self = .name
        case "json" where argument.isEmpty: self = .json
        case "yaml" where argument.isEmpty: self = .yaml
        case "kyaml" where argument.isEmpty: self = .kyaml
        case "jsonpath": self = .jsonPath(try text(kind))
        case "jsonpath-as-json": self = .jsonPathAsJSON(try text(kind))
        case "jsonpath-file": self = .jsonPath(try file())
        case "custom-columns" where forGet: self = .customColumns(argument.isEmpty ? template : argument)
        case "custom-columns-file" where forGet: self = .customColumnsFile(argument.isEmpty ? template : argument)
        default:
            let allowed = forGet ? Self.forGet : Self.forObjects
            throw Refusal(
                "unable to match a printer suitable for the output format \(output.quoted), allowed formats are: \(allowed)"
            )
        }
    }

    var isTable: Bool {
        switch self {
        case .standard, .wide: true
        default: false
        }
    }
}

/// The options with which verbs show objects.
struct PrintOptions: Sendable {
    var output = ""
    var template = ""
    var allowsMissingKeys = true
    var showsManagedFields = false

    static func flags<Options>(_ path: any WritableKeyPath<Options, PrintOptions> & Sendable) -> [Flag<Options>] {
        [
            Flag(
                "output", short: "o", value: "string",
                help:
                    "Form of the output. One of: json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file"
            ) {
                $0[keyPath: path].output = $1
            },
            Flag("template", value: "string", help: "Template, or its file, for -o go-template and -o go-template-file")
            {
                $0[keyPath: path].template = $1
            },
            Flag(
                "allow-missing-template-keys", value: nil,
                help: "Ignore fields and keys that a template names and the object lacks", shownDefault: "true"
            ) {
                $0[keyPath: path].allowsMissingKeys = try GoValue.bool($1)
            },
            Flag("show-managed-fields", value: nil, help: "Keep the managedFields in JSON and YAML output") {
                $0[keyPath: path].showsManagedFields = try GoValue.bool($1)
            },
        ]
    }
}
