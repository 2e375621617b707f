import Crypto
import JSON

extension Service {
    /// The hash that tells whether a container was made from this configuration. What has no effect on a container's
    /// own settings isn't in it. Equal to the original's, so that each takes over the other's containers.
    package var configHash: String {
        var own = json
        for key in ["build", "pull_policy", "depends_on", "profiles", "scale"] { own.remove(key) }
        if own["deploy"].object != nil { own["deploy"].remove("replicas") }
        return SHA.text(Rendering.goText(Rendering.json(own, ServiceSchema.shape)))
    }
}

package enum ResourceHash {
    package static func network(_ json: JSON) -> String {
        SHA.text(Rendering.goText(Rendering.json(json, TopSchema.network)))
    }

    package static func volume(_ json: JSON) -> String {
        var own = JSONObject()
        var given = json
        if given["driver"].string ?? "" == "" { given["driver"] = "local" }
        for key in ["name", "driver", "driver_opts", "external", "labels"] { own[key] = given.object?[key] }
        return SHA.text(Rendering.goText(Rendering.json(.object(own), TopSchema.volume)))
    }
}

enum SHA {
    /// SHA-256 in hexadecimal.
    static func text(_ text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
