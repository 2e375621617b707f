import CLinux
import JSON
import Linux
import OCI

/// What this program is and which dialects of the Docker API it speaks.
package enum Product {
    package static let version = "0.1.0"
    package static let apiVersion = "1.51"
    package static let leastAPIVersion = "1.44"
    /// RFC 3339; the day of the source, since builds are reproducible.
    package static let buildTime = "2026-11-22T00:00:00.000000000+00:00"
}

extension Engine {
    /// Engine API, SystemVersion.
    package func version() async throws -> JSON {
        let details: JSON = [
            "ApiVersion": .string(Product.apiVersion), "Arch": .string(Platform.host.architecture),
            "BuildTime": .string(Product.buildTime), "Experimental": "false", "GitCommit": "", "GoVersion": "",
            "KernelVersion": .string(HostFacts.kernelRelease), "MinAPIVersion": .string(Product.leastAPIVersion),
            "Os": "linux",
        ]
        func component(_ name: String, _ details: JSON) -> JSON {
            ["Name": .string(name), "Version": .string(Product.version), "Details": details]
        }
        return [
            "Platform": ["Name": .string("Hakobune \(Product.version)")],
            "Components": [component("Engine", details), component("hako-runtime", ["GitCommit": ""])],
            "Version": .string(Product.version), "ApiVersion": .string(Product.apiVersion),
            "MinAPIVersion": .string(Product.leastAPIVersion), "GitCommit": "", "GoVersion": "", "Os": "linux",
            "Arch": .string(Platform.host.architecture), "KernelVersion": .string(HostFacts.kernelRelease),
            "BuildTime": .string(Product.buildTime),
        ]
    }
}
