import JSON

/// Operating system, architecture and its variant, in Go's words (image-spec, image-index.md "platform").
package struct Platform: Sendable, Hashable, CustomStringConvertible {
    package var os: String
    package var architecture: String
    package var variant: String?

    package init(os: String, architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    package init(_ json: JSON) {
        os = json["os"].string ?? ""
        architecture = json["architecture"].string ?? ""
        variant = json["variant"].string.flatMap { $0.isEmpty ? nil : $0 }
    }

    package var json: JSON {
        var json: JSON = ["architecture": .string(architecture), "os": .string(os)]
        if let variant { json["variant"] = .string(variant) }
        return json
    }

    package var description: String { ([os, architecture] + [variant].compactMap { $0 }).joined(separator: "/") }

    #if arch(x86_64)
        package static let host = Platform(os: "linux", architecture: "amd64")
    #elseif arch(arm64)
        package static let host = Platform(os: "linux", architecture: "arm64", variant: "v8")
    #endif
}
