/// The requests' bodies.
enum Objects {
    static func configMap(_ name: String, bytes: Int, mark: String = "0") -> String {
        let text = String(repeating: "abcdefgh", count: bytes / 8)
        return """
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\(name)","labels":{"app":"kubeload"}},\
            "data":{"mark":"\(mark)","text":"\(text)"}}
            """
    }

    static func namespace(_ name: String) -> String {
        #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"\#(name)"}}"#
    }

    static let serviceAccount = #"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}}"#

    /// About 3.5 KB when it is stored, as pods of a deployment are.
    static func pod(_ name: String) -> String {
        let variables = (0..<20).map { #"{"name":"VARIABLE_\#($0)","value":"some value of usual length \#($0)"}"# }
        return """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"\(name)","labels":{"app":"kubeload","tier":"\(name)"},\
            "annotations":{"kubeload/text":"\(String(repeating: "abcdefgh", count: 60))"}},\
            "spec":{"automountServiceAccountToken":false,"containers":[{"name":"main","image":"registry/image:1",\
            "command":["/bin/program","--flag"],"env":[\(variables.joined(separator: ","))],\
            "resources":{"requests":{"cpu":"100m","memory":"64Mi"}}}]}}
            """
    }
}
