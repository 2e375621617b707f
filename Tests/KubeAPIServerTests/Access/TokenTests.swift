import Crypto
import JSON
import KubeModel
import SwiftASN1
import Testing
import X509

@testable import KubeAPIServer

private let issuer = "https://kubernetes.default.svc.cluster.local"

/// A cluster with the account `team/bot`, its pod on a node, and a key.
private struct Cluster {
    let objects: FakeObjects
    let signer: TokenSigner
    var now = 1_800_000_000.0

    init(_ key: Certificate.PrivateKey = .init(P256.Signing.PrivateKey())) throws {
        signer = try TokenSigner(key)
        objects = FakeObjects([
            ("serviceaccounts", ["metadata": ["namespace": "team", "name": "bot", "uid": "u1"]]),
            (
                "pods",
                [
                    "metadata": ["namespace": "team", "name": "web", "uid": "p1"],
                    "spec": ["serviceAccountName": "bot", "nodeName": "n1"],
                ]
            ),
            ("nodes", ["metadata": ["name": "n1", "uid": "nu1"]]),
            ("secrets", ["metadata": ["namespace": "team", "name": "s", "uid": "su1"]]),
        ])
    }

    var requests: TokenRequests {
        let time = now
        return TokenRequests(
            signer: signer, issuer: issuer, audiences: [issuer], reader: objects, clock: { time })
    }

    func tokens(at time: Double? = nil) -> ServiceAccountTokens {
        let time = time ?? now
        return ServiceAccountTokens(
            keys: [signer.key], issuers: [issuer], implicitAudiences: [issuer], reader: objects, clock: { time })
    }

    func issue(_ spec: JSON = ["expirationSeconds": 3600], account: String = "bot") throws(APIStatus) -> JSON {
        var warnings: [String] = []
        return try requests.create(["spec": spec], namespace: "team", account: account, warnings: &warnings)
    }

    func token(_ spec: JSON = ["expirationSeconds": 3600]) throws -> String {
        try issue(spec)["status", "token"].string ?? ""
    }
}

private func fault(_ tokens: some TokenAuthenticator, _ token: String, audiences: [String] = []) async -> String? {
    do throws(CredentialFault) {
        let user = try await tokens.authenticate(token: token, audiences: audiences)
        return user == nil ? "not mine" : nil
    } catch {
        return error.description
    }
}

private func status(_ body: () throws(APIStatus) -> JSON) -> APIStatus? {
    do throws(APIStatus) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

@Suite("Service-account tokens")
struct ServiceAccountTokenTests {
    @Test("a token names its account, pod and node")
    func roundTrip() async throws {
        let cluster = try Cluster()
        let spec: JSON = [
            "expirationSeconds": 3600, "boundObjectRef": ["kind": "Pod", "apiVersion": "v1", "name": "web"],
        ]
        let answer = try cluster.issue(spec)
        #expect(answer["status", "expirationTimestamp"] == "2027-01-15T09:00:00Z")
        #expect(answer["spec", "audiences"] == [.string(issuer)])
        let token = try #require(answer["status", "token"].string)
        for _ in 0..<2 {
            let found = try #require(try await cluster.tokens().authenticate(token: token, audiences: []))
            #expect(found.user.name == "system:serviceaccount:team:bot" && found.user.uid == "u1")
            #expect(found.user.groups == ["system:serviceaccounts", "system:serviceaccounts:team"])
            let prefix = "authentication.kubernetes.io/"
            #expect(found.user.extra["\(prefix)pod-name"] == ["web"] && found.user.extra["\(prefix)pod-uid"] == ["p1"])
            #expect(
                found.user.extra["\(prefix)node-name"] == ["n1"] && found.user.extra["\(prefix)node-uid"] == ["nu1"])
            #expect(found.user.extra["\(prefix)credential-id"]?.first?.hasPrefix("JTI=") == true)
            #expect(found.audiences == [issuer])
        }
        let claims = try #require(WebToken(token)).claims
        #expect(claims["kubernetes.io", "warnafter"].isNull && claims["exp"] == 1_800_003_600)
    }

    @Test("a kubelet's token for the API server lives a year and warns")
    func extended() throws {
        let cluster = try Cluster()
        let bound: JSON = ["kind": "Pod", "apiVersion": "v1", "name": "web"]
        let token = try cluster.token(["expirationSeconds": 3607, "boundObjectRef": bound])
        let claims = try #require(WebToken(token)).claims
        #expect(claims["kubernetes.io", "warnafter"] == 1_800_003_607 && claims["exp"] == 1_831_536_000)
        let other = try cluster.token(["expirationSeconds": 3607, "boundObjectRef": bound, "audiences": ["vault"]])
        #expect(try #require(WebToken(other)).claims["exp"] == 1_800_003_607)
    }

    @Test("a token ends with its time, its account, its pod")
    func invalidation() async throws {
        let cluster = try Cluster()
        let bound: JSON = ["kind": "Pod", "apiVersion": "v1", "name": "web"]
        let token = try cluster.token(["expirationSeconds": 600, "boundObjectRef": bound])
        let tokens = cluster.tokens()
        #expect(await fault(tokens, token) == nil)
        #expect(await fault(cluster.tokens(at: cluster.now + 661), token) == "service account token has expired")
        #expect(await fault(cluster.tokens(at: cluster.now - 61), token) == "service account token is not valid yet")
        cluster.objects.replace(
            "pods", ["metadata": ["namespace": "team", "name": "web", "uid": "p2"], "spec": [:]])
        #expect(
            await fault(tokens, token) == "pod UID (p2) does not match service account pod ref claim (p1)")
        cluster.objects.remove("pods", "team", "web")
        #expect(await fault(tokens, token) == "service account token has been invalidated")
        cluster.objects.replace("serviceaccounts", ["metadata": ["namespace": "team", "name": "bot", "uid": "u2"]])
        #expect(await fault(tokens, token) == "service account UID (u2) does not match claim (u1)")
        cluster.objects.remove("serviceaccounts", "team", "bot")
        #expect(await fault(tokens, token) == #"serviceaccounts "bot" not found"#)
    }

    @Test("a token is for its audiences only")
    func audiences() async throws {
        let cluster = try Cluster()
        let token = try cluster.token(["expirationSeconds": 600, "audiences": ["vault", "other"]])
        #expect(
            await fault(cluster.tokens(), token)
                == #"token audiences ["vault" "other"] is invalid for the target audiences ["\#(issuer)"]"#)
        let found = try await cluster.tokens().authenticate(token: token, audiences: ["vault", "x"])
        #expect(found?.audiences == ["vault"])
    }

    @Test("hostile tokens are refused")
    func hostile() async throws {
        let cluster = try Cluster()
        let good = try cluster.token()
        let parts = good.split(separator: ".").map(String.init)
        let claims = try #require(WebToken(good)).claims
        func head(_ head: JSON) -> String { Base64URL.encode(head.bytes()) }
        let cases: [(String, String)] = [
            ("none", "\(head(["alg": "none"])).\(parts[1])."),
            ("none, signed", "\(head(["alg": "none"])).\(parts[1]).\(parts[2])"),
            (
                "HMAC with the public key",
                "\(head(["alg": "HS256", "kid": .string(cluster.signer.key.id)])).\(parts[1]).\(parts[2])"
            ),
            (
                "an RSA header",
                "\(head(["alg": "RS256", "kid": .string(cluster.signer.key.id)])).\(parts[1]).\(parts[2])"
            ),
            ("another key", try WebToken.make(claims, TokenSigner(.init(P256.Signing.PrivateKey())))),
            ("another key's id", "\(head(["alg": "ES256", "kid": "x"])).\(parts[1]).\(parts[2])"),
            ("critical extension", "\(head(["alg": "ES256", "crit": ["b64"]])).\(parts[1]).\(parts[2])"),
            ("empty signature", "\(parts[0]).\(parts[1])."),
            (
                "changed claims",
                "\(parts[0]).\(Base64URL.encode(Array(claims.text.replacing("bot", with: "bob").utf8))).\(parts[2])"
            ),
            ("four parts", "\(good).x"), ("nothing", ""), ("dots", ".."),
            ("padding", "\(parts[0])=.\(parts[1]).\(parts[2])"),
            ("a JSON token", #"{"payload":"\#(parts[1])"}"#),
        ]
        for (what, token) in cases { #expect(await fault(cluster.tokens(), token) != nil, "\(what)") }
        #expect(await fault(cluster.tokens(), good) == nil)
        let chain = TokenChain([cluster.tokens()])
        await #expect(throws: CredentialFault.self) {
            _ = try await chain.authenticate(token: String(repeating: "a", count: 1 << 20), audiences: [])
        }
        let deep = Base64URL.encode(Array((String(repeating: "[", count: 40_000)).utf8))
        #expect(await fault(cluster.tokens(), "\(parts[0]).\(deep).\(parts[2])") == "not mine")
    }

    @Test("a token with any one character changed is refused")
    func mutations() async throws {
        let cluster = try Cluster()
        let good = Array(try cluster.token().utf8)
        let signature = try #require(good.lastIndex(of: UInt8(ascii: ".")))
        // The last character's low bits mean nothing, in the original too.
        for at in stride(from: 0, to: good.count - 1, by: 5) where at != signature {
            var changed = good
            changed[at] = good[at] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(await fault(cluster.tokens(), String(decoding: changed, as: UTF8.self)) != nil, "\(at)")
        }
    }

    @Test("P-384 and P-521 keys sign too")
    func otherKeys() async throws {
        for key in [Certificate.PrivateKey(P384.Signing.PrivateKey()), .init(P521.Signing.PrivateKey())] {
            let cluster = try Cluster(key)
            #expect(await fault(cluster.tokens(), try cluster.token()) == nil)
        }
    }

    @Test("an RSA key signs with RS256 and has a JSON Web Key")
    func rsa() async throws {
        let key = try Certificate.PrivateKey(pemEncoded: rsaKey)
        let cluster = try Cluster(key)
        #expect(cluster.signer.key.algorithm == .rs256)
        #expect(await fault(cluster.tokens(), try cluster.token()) == nil)
        let webKey = cluster.signer.key.webKey
        #expect(webKey["kty"] == "RSA" && webKey["e"] == "AQAB")
        #expect(Base64URL.decode(Substring(webKey["n"].string ?? ""))?.count == 256)
    }

    @Test("a wrong request is refused in the original's words")
    func requestFaults() throws {
        let cluster = try Cluster()
        #expect(
            status { () throws(APIStatus) in try cluster.issue(["expirationSeconds": 599]) }?.message
                == #"TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes"#
        )
        #expect(
            status { () throws(APIStatus) in try cluster.issue(["expirationSeconds": 4_294_967_297]) }?.message
                .hasSuffix(
                    "may not specify a duration larger than 2^32 seconds") == true)
        #expect(
            status { () throws(APIStatus) in try cluster.issue(account: "gone") }?.message
                == #"serviceaccounts "gone" not found"#)
        let wrongKind: JSON = ["kind": "ConfigMap", "apiVersion": "v1", "name": "x"]
        #expect(
            status { () throws(APIStatus) in
                try cluster.issue(["expirationSeconds": 600, "boundObjectRef": wrongKind])
            }?.message == "cannot bind token to object of type /v1, Kind=ConfigMap")
        let wrongUID: JSON = ["kind": "Secret", "apiVersion": "v1", "name": "s", "uid": "x"]
        #expect(
            status { () throws(APIStatus) in
                try cluster.issue(["expirationSeconds": 600, "boundObjectRef": wrongUID])
            }?.code == 409)
    }

    @Test("a secret's token holds while the secret holds it")
    func legacy() async throws {
        let cluster = try Cluster()
        let prefix = "kubernetes.io/serviceaccount/"
        let claims: JSON = [
            "iss": "kubernetes/serviceaccount", "sub": "system:serviceaccount:team:bot",
            "\(prefix)namespace": "team", "\(prefix)secret.name": "s",
            "\(prefix)service-account.name": "bot", "\(prefix)service-account.uid": "u1",
        ]
        let token = try WebToken.make(claims, cluster.signer)
        #expect(await fault(cluster.tokens(), token) == "service account token does not match server's copy")
        cluster.objects.replace(
            "secrets",
            [
                "metadata": ["namespace": "team", "name": "s", "uid": "su1"],
                "data": ["token": .string(encodeBase64(Array(token.utf8)))],
            ])
        #expect(await fault(cluster.tokens(), token) == nil)
        cluster.objects.remove("secrets", "team", "s")
        #expect(await fault(cluster.tokens(), token) == "service account token has been invalidated")
    }

    @Test("the keys' files are made once, and given ones are read")
    func files() async throws {
        try await withFolder { folder in
            let first = try ServiceAccountKeys.prepare(folder: folder)
            let second = try ServiceAccountKeys.prepare(folder: folder)
            #expect(first.signer.key.id == second.signer.key.id)
            let given = try ServiceAccountKeys.prepare(folder: folder, keyFiles: ["\(folder)/pki/sa.pub"])
            #expect(given.believed.map(\.id) == [first.signer.key.id])
            #expect {
                _ = try ServiceAccountKeys.prepare(folder: folder, keyFiles: ["/none.pub"])
            } throws: {
                "\($0)".contains("/none.pub")
            }
        }
    }

    @Test("discovery names the keys; an issuer that is no https URL has none")
    func discovery() throws {
        let key = try TokenSigner(.init(P256.Signing.PrivateKey())).key
        let found = try #require(
            IssuerDiscovery(issuer: issuer, keysURL: nil, externalAddress: "10.0.0.1:6443", keys: [key]))
        #expect(
            String(decoding: found.configuration, as: UTF8.self)
                == #"{"issuer":"https://kubernetes.default.svc.cluster.local","jwks_uri":"https://10.0.0.1:6443/openid/v1/jwks","response_types_supported":["id_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256"]}"#
        )
        let set = try JSON(parsing: found.keys)
        #expect(set["keys"][0]["kid"].string == key.id && set["keys"][0]["crv"] == "P-256")
        #expect(Base64URL.decode(Substring(set["keys"][0]["x"].string ?? ""))?.count == 32)
        #expect(IssuerDiscovery(issuer: "kubernetes", keysURL: nil, externalAddress: "a", keys: [key]) == nil)
    }
}

@Suite("Bootstrap tokens and the token file")
struct OtherTokenTests {
    private func secret(_ data: [String: String]) -> JSON {
        [
            "metadata": ["namespace": "kube-system", "name": "bootstrap-token-abcdef"],
            "type": "bootstrap.kubernetes.io/token", "data": JSON(data.mapValues { encodeBase64(Array($0.utf8)) }),
        ]
    }

    private let good = [
        "token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true",
        "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
    ]

    @Test("a bootstrap token is its secret's user")
    func bootstrap() async throws {
        let tokens = BootstrapTokens(reader: FakeObjects([("secrets", secret(good))]))
        let found = try await tokens.authenticate(token: "abcdef.0123456789abcdef", audiences: [])
        #expect(found?.user.name == "system:bootstrap:abcdef")
        #expect(found?.user.groups == ["system:bootstrappers", "system:bootstrappers:kubeadm:default-node-token"])
    }

    @Test(
        "what isn't right isn't one",
        arguments: [
            ["token-secret": "0123456789abcdee"], ["token-id": "abcdee"], ["usage-bootstrap-authentication": "false"],
            ["expiration": "2020-01-01T00:00:00Z"], ["expiration": "soon"], ["auth-extra-groups": "system:masters"],
            ["auth-extra-groups": "system:bootstrappers:"],
        ])
    func wrongBootstrap(_ change: [String: String]) async throws {
        let tokens = BootstrapTokens(
            reader: FakeObjects([("secrets", secret(good.merging(change) { _, new in new }))]))
        #expect(try await tokens.authenticate(token: "abcdef.0123456789abcdef", audiences: []) == nil)
    }

    @Test("the token file is CSV with quoted groups")
    func file() async throws {
        let file = try StaticTokenFile(
            csv: "t1,ann,1,\"a,b\"\r\n\nt2,\"b\"\"ob\",2\n,none,3\nt1,eve,4\n", path: "/tokens")
        #expect(try await file.authenticate(token: "t2", audiences: [])?.user == UserInfo(name: "b\"ob", uid: "2"))
        #expect(try await file.authenticate(token: "t1", audiences: [])?.user.name == "eve")
        #expect(try await file.authenticate(token: "", audiences: []) == nil)
        #expect(
            file.warnings == [
                "empty token has been found in token file '/tokens', record number '3'",
                "duplicate token has been found in token file '/tokens', record number '4'",
            ])
        #expect {
            _ = try StaticTokenFile(csv: "a,b\n", path: "/t")
        } throws: {
            "\($0)" == "token file '/t' must have at least 3 columns (token, user name, user uid), found 2"
        }
        #expect(throws: (any Error).self) { try StaticTokenFile(csv: "a,\"b\n", path: "/t") }
    }
}

@Suite("The authentication chain")
struct AuthenticationTests {
    private func chain(_ anonymous: AnonymousAccess = .healthAndVersion) throws -> Authentication {
        let authority = try CertificateAuthority.make(commonName: "kubernetes")
        return Authentication(
            certificates: ClientCertificateAuthenticator(authorities: [authority.pair.certificate]),
            tokens: TokenChain([try StaticTokenFile(csv: "good,ann,1", path: "t")]), anonymous: anonymous,
            audiences: ["api"])
    }

    private func outcome(_ authentication: Authentication, _ request: RequestCredentials) async -> (UserInfo?, [String])
    {
        switch await authentication.authenticate(request) {
        case .user(let user, let warnings): (user, warnings)
        case .refused: (nil, [])
        }
    }

    @Test("a good token wins over a bad certificate, a bad token beats anonymous access")
    func order() async throws {
        let authentication = try chain()
        var request = RequestCredentials(path: "/healthz")
        #expect(await outcome(authentication, request).0 == .anonymous)
        request.authorization = "Bearer bad"
        #expect(await outcome(authentication, request).0 == nil)
        request.authorization = "  bearer good "
        #expect(
            await outcome(authentication, request).0
                == UserInfo(name: "ann", uid: "1", groups: ["system:authenticated"]))
        request.certificates = [[1, 2, 3]]
        #expect(await outcome(authentication, request).0?.name == "ann")
        request.authorization = nil
        #expect(await outcome(authentication, request).0 == nil)
    }

    @Test("without a credential only the paths that are open to all are")
    func anonymous() async throws {
        #expect(await outcome(try chain(), RequestCredentials(path: "/api")).0 == nil)
        #expect(await outcome(try chain(.everywhere), RequestCredentials(path: "/api")).0 == .anonymous)
        #expect(await outcome(try chain(.refused), RequestCredentials(path: "/healthz")).0 == nil)
        var basic = RequestCredentials(path: "/healthz")
        basic.authorization = "Basic YTpi"
        #expect(await outcome(try chain(), basic).0 == .anonymous)
    }

    @Test("a token may come as a WebSocket subprotocol, beside another one")
    func webSocket() async throws {
        var request = RequestCredentials(path: "/api")
        request.webSocketProtocols = ["base64url.bearer.authorization.k8s.io.Z29vZA"]
        #expect(await outcome(try chain(), request).0 == nil)
        request.webSocketProtocols.append("v4.channel.k8s.io")
        #expect(await outcome(try chain(), request).0?.name == "ann")
        #expect(BearerToken.withoutToken(request.webSocketProtocols) == ["v4.channel.k8s.io"])
    }

    @Test("a space too many is told of")
    func spaces() async throws {
        var request = RequestCredentials(path: "/healthz")
        request.authorization = "Bearer  good"
        let found = await outcome(try chain(), request)
        #expect(found.0 == .anonymous)
        #expect(
            found.1 == [
                "the provided Authorization header contains extra space before the bearer token, and is ignored"
            ])
    }
}

/// Made for these tests with `openssl genrsa 2048`; signs nothing else.
private let rsaKey = """
    -----BEGIN RSA PRIVATE KEY-----
    MIIEpAIBAAKCAQEArV7GB0M8XDyFmScdfO8o4GjQxuGFwig85Fi/tTVPo2O1CDQm
    j+I0nfsE+j2jOob4eoEK0J3eKBZ01DZ/tl592lFaF04nhfhj7drxasnIPHaIP9Aa
    9Sj2KGGjQVj58BwrAsfhjJE2Sqkl1Uup8thkvGZ12lwt+QxwTy1pRcpL1h+iANuG
    ZKCTCrLhWDDRrcj6Qh8gPG1+tmQ3O+r6S4Q+04R+mfCxZ/5fObtgnpbqYiLyhS8n
    7bqzj7OccDOjV1QPhEem+Y3qo4MBZ8Nh3b7LoGWJEUsDyCzBZRHFwVc3CivmN0Ij
    pUj9wxQvWatvRJ5rrth+51e49xXW/lslurh8/wIDAQABAoIBAFRmRXBmrn1Wp1FK
    JgRap2MsE6smQgglr5MYk2djhxwLH6fZP4afQC9Ccwdht1N4PoHgzUOG/w4z9HcU
    +vJsqMb+AKZE0V/absdt5UYv6k9pAuZR6LW91awN8DyRVMer5tJpPSfBz5TkKHtg
    ZOFIsC25kZkWc/kAsbIR8ORdWbLoj6DN1e7hwsy+M71qTBX21ufiiVQlkWXkp6wC
    SmYQeTlPQmfo+JU1dtw31v1UU/2V/k9I7eUbOlRK5tBSdzPxzyBy//2njsqxehzb
    VByXe1pOU3XCd0Ltxc1nrAsaRmR0cuxg6Zh2f7f6ZPglm90upqp837NKygsPW1Cw
    5Mtuf/ECgYEA7xnMTd2iSYxvvV6TbDWFQVo2xI8NdtoMz7PCQCE9zFN8Qxl9o4wB
    TlkKU59bxIBOPvtL8Qrg9VBnDKCizQYlWAK03teLFirPXWCvXCpoLyE48hX1PMHP
    +jrPdkH2s7sBx5jmU/E8knxLw9L6VOBhzM3SoElVY3LA644Fr7lBtJECgYEAuZ+r
    sql9nyQKfuCdrVy8J51POjdGhrcxswo3LNEDiYrpquB0+daQYIOPYGmfPHI4zxUl
    LoyJNhnNIvno75bZra/QeW/Pk9MV1t9qk6s6uHQzMwnwcmWqo/h6iev2Z4AalhKM
    +3eH+W3NbGJmHHeonLQRhdrg/OO+yePqx1iKoI8CgYEAwmMF75Qt2X+8ZIfccQ/+
    G0id2CW5O5RA8Cfj2EFuPYzuLJsvwuQTN8A6HgwkDliFxLyHXBuNEsPgU6rRUMAb
    YjcpFzbDlC0P04nEZ7juZMqswlxJubCURorDmhA84pg59S0ArOQma61z52vCK3kU
    6e23vKqCKkzkPV2Ej/2cRpECgYBQc/EiJa4J7MATz9znh9sRPHBbZhvORdZnqFTT
    ut/SnH+8jT6GDsZS3pKlEgJvW35d2udbrpPF/BbaQwD/3x0H17z+9UQ96O59TCZQ
    TJXN3qdWRseNfZ0hJpBN+RS6NV7QjsfGMj+gD0RK5rclPYO6L52sq3p6gWdu77cR
    ocGr5wKBgQDiiNLXuKPfffhE6mv2e/JNmCLTzBwBhFjdpmWj6F7En0J96WgZopuy
    GOEz0oLBx+1NTar1OsXVXzB+rZ9JtsQ1Lj6JisxFTYA83XMxPZhyYd/2i47c47UX
    5oisBTo7iOahHWBqZu0iVDaeNal2rXnCO5CqkD+DJC8qq0DmeoeqtA==
    -----END RSA PRIVATE KEY-----
    """
