import CommandLine
import Fault
import JSON

/// Prints objects as JSON or by a template, in the order asked for; what isn't found is said at the end.
struct Inspection: Sendable {
    let session: Session
    let format: String

    /// Members that the daemon leaves out when they are empty: to templates they are there, with Go's zero value.
    private static let optional: [String: JSON] = {
        let zeros: [(JSON, [String])] = [
            (
                .null,
                [
                    "Health", "Healthcheck", "Init", "StopTimeout", "SizeRw", "SizeRootFs", "GraphDriver", "UsageData",
                    "Metadata", "Descriptor", "ImageManifestDescriptor", "Status",
                ]
            ),
            (
                [],
                [
                    "Aliases", "Args", "Binds", "BlkioWeightDevice", "CapAdd", "CapDrop", "Cmd", "DeviceCgroupRules",
                    "DeviceRequests", "Devices", "DNSNames", "Dns", "DnsOptions", "DnsSearch", "Entrypoint", "Env",
                    "ExecIDs", "ExtraHosts", "GroupAdd", "Links", "Manifests", "MaskedPaths", "Mounts", "OnBuild",
                    "Peers", "ReadonlyPaths", "RepoDigests", "RepoTags", "SecurityOpt", "Shell", "Ulimits",
                    "VolumesFrom",
                ]
            ),
            (
                [:],
                [
                    "Annotations", "DriverOpts", "ExposedPorts", "Labels", "Networks", "Options", "PortBindings",
                    "Ports", "Services", "StorageOpt", "Sysctls", "Tmpfs", "Volumes",
                ]
            ),
            (
                "",
                [
                    "Author", "Comment", "CreatedAt", "DockerVersion", "MacAddress", "OsVersion", "Parent", "Runtime",
                    "StopSignal", "User", "Variant", "WorkingDir",
                ]
            ), (false, ["ArgsEscaped"]), (0, ["KernelMemory"]),
        ]
        return Dictionary(uniqueKeysWithValues: zeros.flatMap { zero, names in names.map { ($0, zero) } })
    }()

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
