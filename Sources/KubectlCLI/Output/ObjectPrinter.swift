import CommandLine
import JSON
import KubeModel
import NIOConcurrencyHelpers

/// Prints whole objects in one of the forms; or, without one, a line that says what was done to each.
final class ObjectPrinter: Sendable {
    private let out: Output
    let format: OutputFormat
    private let options: PrintOptions
    private let template: Template?
    private let path: JSONPath?
    private let printed = NIOLockedValueBox(0)

    /// - Parameter output: where it prints; nil: to the session's output.
    init(_ session: Session, _ options: PrintOptions, forGet: Bool = false, to output: Output? = nil) throws {
        out = output ?? session.out
        self.options = options
        format = try OutputFormat(options.output, template: options.template, forGet: forGet)
        switch format {
        case .goTemplate(let text):
            do { template = try Template(parsing: text, functions: KubeTemplate.functions) } catch {
                let reason = "\(error)".replacing("template: :", with: "template: output:")
                throw Refusal("error parsing template \(text), \(reason)\n")
            }
            path = nil
        case .jsonPath(let text), .jsonPathAsJSON(let text):
            do { path = try JSONPath(parsing: text, allowsMissingKeys: options.allowsMissingKeys) } catch {
                throw Refusal("error parsing jsonpath \(text), \(error)\n")
            }
            template = nil
        default: (template, path) = (nil, nil)
        }
    }

    /// - Parameters:
    ///   - operation: what was done, for the line that names the object: `created`.
    ///   - isTyped: the members keep their order in JSON and KYAML; else they are sorted.
    func print(_ item: Item, _ operation: String = "", isTyped: Bool = false) throws {
        switch format {
        case .standard, .wide: out.line("\(item.label)\(operation.isEmpty ? "" : " ")\(operation)")
        case .name: out.line(item.label)
        default: try show(item.object, isTyped: isTyped)
        }
    }

    /// A tree as it is asked for; names only for objects that have their kind.
    func show(_ object: JSON, isTyped: Bool = false) throws {
        let tree = options.showsManagedFields ? object : Self.withoutManagedFields(object)
        switch format {
        case .standard, .wide, .name: out.line(Self.label(tree))
        case .json:
            let shown = isTyped ? tree : tree.withSortedMembers
            out.line(shown.pretty(escapeHTML: true))
        case .yaml:
            let count = printed.withLockedValue { count in
                defer { count += 1 }
                return count
            }
            if count > 0 { out.line("---") }
            out.write(YAML.write(tree))
        case .kyaml:
            out.write("---\n" + KYAML.text(isTyped ? tree : tree.withSortedMembers))
        case .jsonPath:
            guard let path else { return }
            do { out.write(try path.execute(tree)) } catch { throw pathFailure(error, tree) }
        case .jsonPathAsJSON:
            guard let path else { return }
            do {
                let found = try path.results(tree).flatMap { $0 }
                out.line(JSON.array(found).withSortedMembers.pretty(escapeHTML: true))
            } catch { throw pathFailure(error, tree) }
        case .goTemplate(let text):
            guard let template else { return }
            do { out.write(try template.execute(.json(tree), missingKeysFail: !options.allowsMissingKeys)) } catch {
                throw Refusal("error executing template \(text.quoted): \(error)")
            }
        case .customColumns, .customColumnsFile: break
        }
    }

    private func pathFailure(_ error: JSONPath.Failure, _ tree: JSON) -> Refusal {
        guard case .jsonPath(let text) = format else { return Refusal("\(error)") }
        return Refusal(
            "error executing jsonpath \(text.quoted): Error executing template: \(error). Printing more information for debugging the template:\n"
                + "\ttemplate was:\n\t\t\(text)\n\tobject given to jsonpath engine was:\n\t\t\(GoSyntax.text(tree))\n\n\n"
        )
    }

    /// `pod/web`, of an object alone.
    static func label(_ object: JSON) -> String {
        let kind = (object["kind"].string ?? "<unknown>").lowercased()
        let group = object["apiVersion"].string.flatMap { $0.cut("/")?.0 } ?? ""
        return "\(group.isEmpty ? kind : "\(kind).\(group)")/\(object["metadata"]["name"].string ?? "<unknown>")"
    }

    static func withoutManagedFields(_ object: JSON) -> JSON {
        var copy = object
        if !copy["metadata"]["managedFields"].isNull {
            var metadata = copy["metadata"]
            metadata.remove("managedFields")
            copy["metadata"] = metadata
        }
        if let items = copy["items"].array { copy["items"] = .array(items.map(withoutManagedFields)) }
        return copy
    }
}

/// What kubectl adds to Go's templates.
enum KubeTemplate {
    static let functions: [String: TemplateFunction] = TemplateFunctions.standard.merging([
        "exists": TemplateFunction(.atLeast(1)) { values in
            var at = values[0].asJSON
            for key in values.dropFirst() {
                guard let next = at.object?[key.printed] else { return .bool(false) }
                at = next
            }
            return .bool(true)
        },
        "base64decode": TemplateFunction(.exactly(1)) { values in
            guard let bytes = decodeBase64(values[0].printed) else {
                throw TemplateError("base64 decode failed: illegal base64 data at input byte 0")
            }
            return .text(String(decoding: bytes, as: UTF8.self))
        },
    ]) { $1 }
}

/// Values as Go's `%#v` shows decoded JSON.
enum GoSyntax {
    static func text(_ value: JSON) -> String {
        switch value {
        case .null: "interface {}(nil)"
        case .bool(let flag): flag ? "true" : "false"
        case .int(let number): "\(number)"
        case .number(let text): text
        case .string(let text): text.quoted
        case .array(let list): "[]interface {}{" + list.map(self.text).joined(separator: ", ") + "}"
        case .object(let members):
            "map[string]interface {}{"
                + members.sortedByKey().map { "\($0.key.quoted):\(self.text($0.value))" }.joined(separator: ", ") + "}"
        }
    }

    /// Go's `%v`.
    static func plain(_ value: JSON) -> String {
        switch value {
        case .null: "<nil>"
        case .bool(let flag): flag ? "true" : "false"
        case .int(let number): "\(number)"
        case .number(let text): text
        case .string(let text): text
        case .array(let list): "[" + list.map(plain).joined(separator: " ") + "]"
        case .object(let members):
            "map[" + members.sortedByKey().map { "\($0.key):\(plain($0.value))" }.joined(separator: " ") + "]"
        }
    }
}
