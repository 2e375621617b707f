import DockerModel
import Fault
import JSON
import Registry

extension Engine {
    /// Engine API, SystemAuth: the answer's `IdentityToken` is empty when the registry hands none out.
    package func checkRegistryAuth(_ auth: JSON) async throws -> JSON {
        guard let credentials = Credentials(authConfig: auth) else {
            throw Fault(.invalid, "login wants a user name and a password, or an identity token")
        }
        let token = try await registry.login(auth["serveraddress"].string ?? "", credentials)
        return ["Status": "Login Succeeded", "IdentityToken": .string(token ?? "")]
    }
}
