import CommandLine
import Fault
import JSON

/// Prints objects as JSON or by a template, in the order asked for; what isn't found is said at the end.
struct Inspection: Sendable {
    let session: Session
    let format: String

    /// Members that the daemon leaves out when they are empty: to templates they are there, and false.
    private static let optional: Set<String> = [
        "Health", "Healthcheck", "Init", "StopSignal", "StopTimeout", "OnBuild", "Annotations", "Sysctls", "Tmpfs",
        "Mounts",
        "StorageOpt", "SizeRw", "SizeRootFs", "MacAddress", "ExposedPorts", "Shell", "ArgsEscaped", "GraphDriver",
        "Runtime",
        "UsageData", "CreatedAt", "Status", "Parent", "Comment", "Author", "DockerVersion", "Variant", "OsVersion",
        "Metadata", "Descriptor", "Manifests", "KernelMemory", "ImageManifestDescriptor", "Peers", "Services",
    ]

    /// Throws `Failure` with all complaints after printing what was found.
    func run(_ names: [String], _ find: (String) async throws -> JSON) async throws -> Int32 {
        let template: Template? = format.isEmpty || format == "json" ? nil : try parse(format)
        var found: [JSON] = [], complaints: [String] = []
        for name in names {
            do { found.append(try await find(name)) } catch { complaints.append(sentence(error)) }
        }
        if let template {
            var isEmpty = true
            for object in found {
                do {
                    let value = TemplateValue.json(GoPrint.withSortedMaps(object))
                    session.out.line(try template.execute(value, missingKeysFail: true, optionalKeys: Self.optional))
                    isEmpty = false
                } catch {
                    complaints.append("template parsing error: \(error)")
                    break
                }
            }
            if isEmpty { session.out.line() }
        } else if format == "json" {
            session.out.line(JSON.array(found).text)
        } else {
            session.out.line(found.isEmpty ? "[]" : JSON.array(found).pretty(indent: "    "))
        }
        guard complaints.isEmpty else { throw Failure(complaints.joined(separator: "\n")) }
        return 0
    }

    private func parse(_ format: String) throws -> Template {
        do { return try Template(parsing: format) } catch {
            throw Failure("template parsing error: \(error)", exitCode: 64)
        }
    }
}
