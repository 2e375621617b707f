/// Own cases for strategic merge patch, by the type they are of.
enum StrategicMergePatchCases {
    /// Bases and patches are of a pod's spec.
    static let podSpec: [PatchCase] = [
        .init("scalar", "{'nodeName':'a'}", "{'nodeName':'b'}", "{'nodeName':'b'}"),
        .init("remove a scalar", "{'nodeName':'a','hostname':'h'}", "{'nodeName':null}", "{'hostname':'h'}"),
        .init("remove nothing", "{'hostname':'h'}", "{'nodeName':null}", "{'hostname':'h'}"),
        .init("number for a string", "{'hostname':'h'}", "{'hostname':1}", "{'hostname':1}"),
        .init("empty patch", "{'hostname':'h'}", "{}", "{'hostname':'h'}"),
        .init(
            "map of strings", "{'nodeSelector':{'a':'1','b':'2'}}", "{'nodeSelector':{'a':null,'c':'3'}}",
            "{'nodeSelector':{'b':'2','c':'3'}}"),
        .init("new map without nulls", "{}", "{'nodeSelector':{'a':null,'c':'3'}}", "{'nodeSelector':{'c':'3'}}"),
        .init(
            "container by name", "{'containers':[{'name':'a','image':'1'},{'name':'b','image':'1'}]}",
            "{'containers':[{'name':'b','image':'2'}]}",
            "{'containers':[{'name':'a','image':'1'},{'name':'b','image':'2'}]}"),
        .init(
            "new container comes first", "{'containers':[{'name':'a'}]}", "{'containers':[{'name':'b','image':'2'}]}",
            "{'containers':[{'name':'b','image':'2'},{'name':'a'}]}"),
        .init(
            "containers in the patch's order", "{'containers':[{'name':'a'},{'name':'b'},{'name':'c'}]}",
            "{'containers':[{'name':'c'},{'name':'a'}]}", "{'containers':[{'name':'b'},{'name':'c'},{'name':'a'}]}"),
        .init("first containers", "{}", "{'containers':[{'name':'a'}]}", "{'containers':[{'name':'a'}]}"),
        .init(
            "empty list of containers", "{'containers':[{'name':'a'}]}", "{'containers':[]}",
            "{'containers':[{'name':'a'}]}"),
        .init("empty lists", "{'containers':[]}", "{'containers':[]}", "{'containers':[]}"),
        .init("remove all containers", "{'containers':[{'name':'a'}]}", "{'containers':null}", "{}"),
        .init(
            "delete a container", "{'containers':[{'name':'a'},{'name':'b'}]}",
            "{'containers':[{'name':'a','$patch':'delete'}]}", "{'containers':[{'name':'b'}]}"),
        .init(
            "delete a container that isn't there", "{'containers':[{'name':'a'}]}",
            "{'containers':[{'name':'x','$patch':'delete'}]}", "{'containers':[{'name':'a'}]}"),
        .init(
            "delete and add", "{'containers':[{'name':'a'},{'name':'b'}]}",
            "{'containers':[{'name':'a','$patch':'delete'},{'name':'c'}]}",
            "{'containers':[{'name':'c'},{'name':'b'}]}"),
        .init(
            "delete the last container", "{'containers':[{'name':'a'}]}",
            "{'containers':[{'name':'a','$patch':'delete'}]}", "{'containers':[]}"),
        .init(
            "replace the containers", "{'containers':[{'name':'a'},{'name':'b'}]}",
            "{'containers':[{'name':'c','image':'1'},{'$patch':'replace'}]}",
            "{'containers':[{'name':'c','image':'1'}]}"),
        .init(
            "replace by nothing", "{'containers':[{'name':'a'}]}", "{'containers':[{'$patch':'replace'}]}",
            "{'containers':[]}"),
        .init(
            "merge directive in a list", "{'containers':[{'name':'a'}]}", "{'containers':[{'$patch':'merge'}]}",
            "!merging lists cannot yet be specified in the patch"),
        .init(
            "unknown directive in a list", "{'containers':[{'name':'a'}]}",
            "{'containers':[{'name':'a','$patch':'shake'}]}",
            "!unknown patch type: shake in map: map[$patch:shake name:a]"),
        .init(
            "delete without a key", "{'containers':[{'name':'a'}]}", "{'containers':[{'$patch':'delete'}]}",
            "!map: map[$patch:delete] does not contain declared merge key: name"),
        .init(
            "no merge key in the patch", "{'containers':[{'name':'a'}]}", "{'containers':[{'image':'1'}]}",
            "!map: map[image:1] does not contain declared merge key: name"),
        .init(
            "mixed elements", "{'containers':[{'name':'a'}]}", "{'containers':['b']}",
            "!list element types are not identical: [[map[name:a]] [b]]"),
        .init(
            "lists of lists", "{'containers':[{'name':'a'}]}", "{'containers':[['b']]}",
            "!the server rejected our request due to an error in our request"),
        .init(
            "nested list by name", "{'containers':[{'name':'a','env':[{'name':'X','value':'1'}]}]}",
            "{'containers':[{'name':'a','env':[{'name':'X','value':'2'},{'name':'Y','value':'3'}]}]}",
            "{'containers':[{'name':'a','env':[{'name':'X','value':'2'},{'name':'Y','value':'3'}]}]}"),
        .init(
            "delete in a nested list", "{'containers':[{'name':'a','env':[{'name':'X'},{'name':'Y'}]}]}",
            "{'containers':[{'name':'a','env':[{'name':'X','$patch':'delete'}]}]}",
            "{'containers':[{'name':'a','env':[{'name':'Y'}]}]}"),
        .init(
            "envFrom is replaced", "{'containers':[{'name':'a','envFrom':[{'prefix':'p'}]}]}",
            "{'containers':[{'name':'a','envFrom':[{'prefix':'q'}]}]}",
            "{'containers':[{'name':'a','envFrom':[{'prefix':'q'}]}]}"),
        .init(
            "ports by containerPort",
            "{'containers':[{'name':'a','ports':[{'containerPort':80},{'containerPort':81}]}]}",
            "{'containers':[{'name':'a','ports':[{'containerPort':81,'name':'x'}]}]}",
            "{'containers':[{'name':'a','ports':[{'containerPort':80},{'containerPort':81,'name':'x'}]}]}"),
        .init(
            "ports of two protocols meet in the first",
            "{'containers':[{'name':'a','ports':[{'containerPort':53,'protocol':'TCP'},{'containerPort':53,'protocol':'UDP'}]}]}",
            "{'containers':[{'name':'a','ports':[{'containerPort':53,'name':'dns'}]}]}",
            "{'containers':[{'name':'a','ports':[{'containerPort':53,'protocol':'TCP','name':'dns'},{'containerPort':53,'protocol':'UDP'}]}]}"
        ),
        .init(
            "mounts by path", "{'containers':[{'name':'a','volumeMounts':[{'mountPath':'/a','name':'v'}]}]}",
            "{'containers':[{'name':'a','volumeMounts':[{'mountPath':'/a','readOnly':true}]}]}",
            "{'containers':[{'name':'a','volumeMounts':[{'mountPath':'/a','name':'v','readOnly':true}]}]}"),
        .init(
            "devices by path", "{'containers':[{'name':'a','volumeDevices':[{'devicePath':'/d','name':'v'}]}]}",
            "{'containers':[{'name':'a','volumeDevices':[{'devicePath':'/e','name':'w'}]}]}",
            "{'containers':[{'name':'a','volumeDevices':[{'devicePath':'/e','name':'w'},{'devicePath':'/d','name':'v'}]}]}"
        ),
        .init(
            "args are replaced", "{'containers':[{'name':'a','args':['x','y']}]}",
            "{'containers':[{'name':'a','args':['z']}]}", "{'containers':[{'name':'a','args':['z']}]}"),
        .init(
            "args are replaced by nothing", "{'containers':[{'name':'a','args':['x','y']}]}",
            "{'containers':[{'name':'a','args':[]}]}", "{'containers':[{'name':'a','args':[]}]}"),
        .init(
            "resources are merged", "{'containers':[{'name':'a','resources':{'limits':{'cpu':'1','memory':'1Gi'}}}]}",
            "{'containers':[{'name':'a','resources':{'limits':{'cpu':null},'requests':{'cpu':'2'}}}]}",
            "{'containers':[{'name':'a','resources':{'limits':{'memory':'1Gi'},'requests':{'cpu':'2'}}}]}"),
        .init(
            "replace a map", "{'containers':[{'name':'a','resources':{'limits':{'cpu':'1'}}}]}",
            "{'containers':[{'name':'a','resources':{'$patch':'replace','requests':{'cpu':'2'}}}]}",
            "{'containers':[{'name':'a','resources':{'requests':{'cpu':'2'}}}]}"),
        .init(
            "delete a map's content", "{'containers':[{'name':'a','resources':{'limits':{'cpu':'1'}}}]}",
            "{'containers':[{'name':'a','resources':{'$patch':'delete'}}]}",
            "{'containers':[{'name':'a','resources':{}}]}"),
        .init(
            "probe handler switched with nulls",
            "{'containers':[{'name':'a','livenessProbe':{'exec':{'command':['x']},'periodSeconds':5}}]}",
            "{'containers':[{'name':'a','livenessProbe':{'exec':null,'httpGet':{'port':80}}}]}",
            "{'containers':[{'name':'a','livenessProbe':{'periodSeconds':5,'httpGet':{'port':80}}}]}"),
        .init(
            "init containers by name", "{'initContainers':[{'name':'a','image':'1'}]}",
            "{'initContainers':[{'name':'a','image':'2'}]}", "{'initContainers':[{'name':'a','image':'2'}]}"),
        .init(
            "ephemeral containers by name", "{'ephemeralContainers':[{'name':'a'}]}",
            "{'ephemeralContainers':[{'name':'b'}]}", "{'ephemeralContainers':[{'name':'b'},{'name':'a'}]}"),
        .init(
            "pull secrets by name", "{'imagePullSecrets':[{'name':'a'}]}", "{'imagePullSecrets':[{'name':'b'}]}",
            "{'imagePullSecrets':[{'name':'b'},{'name':'a'}]}"),
        .init(
            "host aliases by address", "{'hostAliases':[{'ip':'1.1.1.1','hostnames':['a']}]}",
            "{'hostAliases':[{'ip':'1.1.1.1','hostnames':['b']}]}",
            "{'hostAliases':[{'ip':'1.1.1.1','hostnames':['b']}]}"),
        .init(
            "spread by topology key", "{'topologySpreadConstraints':[{'topologyKey':'zone','maxSkew':1}]}",
            "{'topologySpreadConstraints':[{'topologyKey':'zone','maxSkew':2}]}",
            "{'topologySpreadConstraints':[{'topologyKey':'zone','maxSkew':2}]}"),
        .init(
            "tolerations are replaced", "{'tolerations':[{'key':'a'}]}", "{'tolerations':[{'key':'b'}]}",
            "{'tolerations':[{'key':'b'}]}"),
        .init(
            "readiness gates are replaced", "{'readinessGates':[{'conditionType':'a'}]}",
            "{'readinessGates':[{'conditionType':'b'}]}", "{'readinessGates':[{'conditionType':'b'}]}"),
        .init(
            "volume by name", "{'volumes':[{'name':'v','emptyDir':{}}]}",
            "{'volumes':[{'name':'v','emptyDir':{'medium':'Memory'}}]}",
            "{'volumes':[{'name':'v','emptyDir':{'medium':'Memory'}}]}"),
        .init(
            "volume's source changed without retainKeys", "{'volumes':[{'name':'v','emptyDir':{}}]}",
            "{'volumes':[{'name':'v','hostPath':{'path':'/'}}]}",
            "{'volumes':[{'name':'v','emptyDir':{},'hostPath':{'path':'/'}}]}"),
        .init(
            "volume's source changed with retainKeys", "{'volumes':[{'name':'v','emptyDir':{}}]}",
            "{'volumes':[{'$retainKeys':['name','hostPath'],'name':'v','hostPath':{'path':'/'}}]}",
            "{'volumes':[{'name':'v','hostPath':{'path':'/'}}]}"),
        .init(
            "retainKeys must name what is set", "{'volumes':[{'name':'v'}]}",
            "{'volumes':[{'$retainKeys':['name'],'name':'v','hostPath':{}}]}", "!invalid patch format of retainKeys"),
        .init(
            "retainKeys must be a list", "{'volumes':[{'name':'v'}]}",
            "{'volumes':[{'$retainKeys':'name','name':'v'}]}",
            "!invalid patch format of retainKeys"),
        .init(
            "retainKeys and nulls", "{'volumes':[{'name':'v','emptyDir':{}}]}",
            "{'volumes':[{'$retainKeys':['name'],'name':'v','emptyDir':null}]}", "{'volumes':[{'name':'v'}]}"),
        .init(
            "projected sources are replaced",
            "{'volumes':[{'name':'v','projected':{'sources':[{'secret':{'name':'a'}}]}}]}",
            "{'volumes':[{'name':'v','projected':{'sources':[{'secret':{'name':'b'}}]}}]}",
            "{'volumes':[{'name':'v','projected':{'sources':[{'secret':{'name':'b'}}]}}]}"),
        .init(
            "claims by name", "{'resourceClaims':[{'name':'a','resourceClaimName':'x'}]}",
            "{'resourceClaims':[{'name':'a','resourceClaimName':'y'}]}",
            "{'resourceClaims':[{'name':'a','resourceClaimName':'y'}]}"),
        .init(
            "affinity terms are replaced",
            "{'affinity':{'podAntiAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'a'}]}}}",
            "{'affinity':{'podAntiAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'b'}]}}}",
            "{'affinity':{'podAntiAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'b'}]}}}"),
        .init("a list for a map", "{'nodeSelector':{'a':'b'}}", "{'nodeSelector':['x']}", "{'nodeSelector':['x']}"),
        .init(
            "a map for a list", "{'tolerations':[{'key':'a'}]}", "{'tolerations':{'key':'b'}}",
            "{'tolerations':{'key':'b'}}"),
        .init(
            "new parts lose their deletions", "{}", "{'containers':[{'name':'a'},{'name':'b','$patch':'delete'}]}",
            "{'containers':[{'name':'a'}]}"),
        .init("new maps lose their deletions", "{}", "{'securityContext':{'$patch':'delete'}}", "{}"),
        .init("unknown members are merged", "{'x':{'a':1}}", "{'x':{'b':2}}", "{'x':{'a':1,'b':2}}"),
        .init("unknown lists are replaced", "{'x':[{'name':'a'}]}", "{'x':[{'name':'b'}]}", "{'x':[{'name':'b'}]}"),
        .init("no object", "{}", "[]", "!json: cannot unmarshal array into Go value of type map[string]interface {}"),
    ]

    /// Cases for `$setElementOrder` in a pod's spec.
    static let order: [PatchCase] = [
        .init(
            "order of what is there", "{'containers':[{'name':'a'},{'name':'b'}]}",
            "{'$setElementOrder/containers':[{'name':'b'},{'name':'a'}]}", "{'containers':[{'name':'b'},{'name':'a'}]}"),
        .init(
            "order of some", "{'containers':[{'name':'a'},{'name':'b'},{'name':'c'}]}",
            "{'$setElementOrder/containers':[{'name':'c'},{'name':'a'}]}",
            "{'containers':[{'name':'b'},{'name':'c'},{'name':'a'}]}"),
        .init(
            "order with a new element", "{'containers':[{'name':'a'},{'name':'b'}]}",
            "{'$setElementOrder/containers':[{'name':'a'},{'name':'c'},{'name':'b'}],'containers':[{'name':'c'}]}",
            "{'containers':[{'name':'a'},{'name':'c'},{'name':'b'}]}"),
        .init(
            "order with a deletion", "{'containers':[{'name':'a'},{'name':'b'},{'name':'c'}]}",
            "{'$setElementOrder/containers':[{'name':'c'},{'name':'a'}],'containers':[{'name':'b','$patch':'delete'}]}",
            "{'containers':[{'name':'c'},{'name':'a'}]}"),
        .init(
            "order with a change", "{'containers':[{'name':'a'},{'name':'b'}]}",
            "{'$setElementOrder/containers':[{'name':'b'},{'name':'a'}],'containers':[{'name':'a','image':'2'}]}",
            "{'containers':[{'name':'b'},{'name':'a','image':'2'}]}"),
        .init(
            "server's own element keeps its place", "{'containers':[{'name':'s'},{'name':'a'},{'name':'b'}]}",
            "{'$setElementOrder/containers':[{'name':'b'},{'name':'a'}]}",
            "{'containers':[{'name':'s'},{'name':'b'},{'name':'a'}]}"),
        .init(
            "order that lacks a patched element", "{'containers':[{'name':'a'}]}",
            "{'$setElementOrder/containers':[{'name':'a'}],'containers':[{'name':'b'}]}",
            "!The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n"),
        .init(
            "order other than the patch's", "{'containers':[{'name':'a'}]}",
            "{'$setElementOrder/containers':[{'name':'a'},{'name':'b'}],'containers':[{'name':'b'},{'name':'a'}]}",
            "!The order in patch list:\n[map[name:b] map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:a] map[name:b]]\n"
        ),
        .init("order of nothing", "{}", "{'$setElementOrder/containers':[{'name':'a'}]}", "{}"),
        .init(
            "order of only new elements", "{}",
            "{'$setElementOrder/containers':[{'name':'b'},{'name':'a'}],'containers':[{'name':'b'},{'name':'a'}]}",
            "{'containers':[{'name':'b'},{'name':'a'}]}"),
        .init(
            "order that is no list", "{}", "{'$setElementOrder/containers':{}}",
            "!expected a []interface {}, but received a map[string]interface {}"),
        .init(
            "order without a field", "{}", "{'$setElementOrder':[]}", "!invalid patch format of setElementOrder list"),
        .init(
            "order without keys", "{'containers':[{'name':'a'}]}", "{'$setElementOrder/containers':[{'image':'x'}]}",
            "!map: map[image:x] does not contain declared merge key: name"),
        .init(
            "order below", "{'containers':[{'name':'a','env':[{'name':'X'},{'name':'Y'}]}]}",
            "{'containers':[{'name':'a','$setElementOrder/env':[{'name':'Y'},{'name':'X'}]}]}",
            "{'containers':[{'name':'a','env':[{'name':'Y'},{'name':'X'}]}]}"),
    ]

    /// Bases and patches are of `metadata`.
    static let metadata: [PatchCase] = [
        .init("labels", "{'labels':{'a':'1'}}", "{'labels':{'b':'2'}}", "{'labels':{'a':'1','b':'2'}}"),
        .init("remove a label", "{'labels':{'a':'1','b':'2'}}", "{'labels':{'a':null}}", "{'labels':{'b':'2'}}"),
        .init("first label", "{}", "{'labels':{'b':'2'}}", "{'labels':{'b':'2'}}"),
        .init("remove all labels", "{'labels':{'a':'1'}}", "{'labels':null}", "{}"),
        .init(
            "replace all labels", "{'labels':{'a':'1'}}", "{'labels':{'$patch':'replace','b':'2'}}",
            "{'labels':{'b':'2'}}"),
        .init("delete all labels", "{'labels':{'a':'1'}}", "{'labels':{'$patch':'delete'}}", "{'labels':{}}"),
        .init(
            "unknown directive", "{'labels':{'a':'1'}}", "{'labels':{'$patch':'merge'}}",
            "!unknown patch type: merge in map: map[$patch:merge]"),
        .init(
            "finalizers join", "{'finalizers':['a','b']}", "{'finalizers':['b','c']}", "{'finalizers':['a','b','c']}"),
        .init("new finalizers first", "{'finalizers':['a']}", "{'finalizers':['c']}", "{'finalizers':['c','a']}"),
        .init(
            "repeated finalizers", "{'finalizers':['a','a','b']}", "{'finalizers':['a']}", "{'finalizers':['a','b']}"),
        .init("first finalizers", "{}", "{'finalizers':['c','a']}", "{'finalizers':['c','a']}"),
        .init(
            "delete finalizers", "{'finalizers':['a','b','c']}", "{'$deleteFromPrimitiveList/finalizers':['b','x']}",
            "{'finalizers':['a','c']}"),
        .init(
            "delete the last finalizer", "{'finalizers':['a']}", "{'$deleteFromPrimitiveList/finalizers':['a']}",
            "{'finalizers':[]}"),
        .init("delete from nothing", "{}", "{'$deleteFromPrimitiveList/finalizers':['a']}", "{}"),
        .init(
            "delete and add", "{'finalizers':['a','b']}",
            "{'$deleteFromPrimitiveList/finalizers':['a'],'finalizers':['c']}", "{'finalizers':['c','b']}"),
        .init(
            "delete with order", "{'finalizers':['a','b']}",
            "{'$deleteFromPrimitiveList/finalizers':['a'],'$setElementOrder/finalizers':['b','c'],'finalizers':['c']}",
            "{'finalizers':['b','c']}"),
        .init(
            "order of finalizers", "{'finalizers':['a','b','c']}", "{'$setElementOrder/finalizers':['c','b','a']}",
            "{'finalizers':['c','b','a']}"),
        .init("deletion by null", "{'finalizers':['a']}", "{'$deleteFromPrimitiveList/finalizers':null}", "{}"),
        .init(
            "deletion without a field", "{'finalizers':['a']}", "{'$deleteFromPrimitiveList':['a']}",
            "!invalid patch format of primitive list"),
        .init(
            "deletion with a wrong name", "{'finalizers':['a']}", "{'$deleteFromPrimitiveLists/finalizers':['a']}",
            "!invalid patch format of primitive list"),
        .init(
            "mixed primitives", "{'finalizers':['a']}", "{'finalizers':[1]}",
            "!list element types are not identical: [[a] [1]]"),
        .init(
            "owners by uid", "{'ownerReferences':[{'uid':'1','name':'a'}]}",
            "{'ownerReferences':[{'uid':'1','controller':true}]}",
            "{'ownerReferences':[{'uid':'1','name':'a','controller':true}]}"),
        .init(
            "delete an owner", "{'ownerReferences':[{'uid':'1'},{'uid':'2'}]}",
            "{'ownerReferences':[{'uid':'1','$patch':'delete'}]}", "{'ownerReferences':[{'uid':'2'}]}"),
        .init(
            "managed fields are replaced", "{'managedFields':[{'manager':'a'}]}", "{'managedFields':[{}]}",
            "{'managedFields':[{}]}"),
    ]

    /// Bases and patches are of a Deployment.
    static let deployment: [PatchCase] = [
        .init(
            "scale", "{'spec':{'replicas':1,'paused':true}}", "{'spec':{'replicas':3}}",
            "{'spec':{'replicas':3,'paused':true}}"),
        .init(
            "set image", "{'spec':{'template':{'spec':{'containers':[{'name':'a','image':'1'}]}}}}",
            "{'spec':{'template':{'spec':{'$setElementOrder/containers':[{'name':'a'}],'containers':[{'name':'a','image':'2'}]}}}}",
            "{'spec':{'template':{'spec':{'containers':[{'name':'a','image':'2'}]}}}}"),
        .init(
            "restart", "{'spec':{'template':{'metadata':{}}}}",
            "{'spec':{'template':{'metadata':{'annotations':{'kubectl.kubernetes.io/restartedAt':'now'}}}}}",
            "{'spec':{'template':{'metadata':{'annotations':{'kubectl.kubernetes.io/restartedAt':'now'}}}}}"),
        .init(
            "strategy to Recreate", "{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':1}}}}",
            "{'spec':{'strategy':{'$retainKeys':['type'],'type':'Recreate'}}}",
            "{'spec':{'strategy':{'type':'Recreate'}}}"),
        .init(
            "strategy without retainKeys",
            "{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':1}}}}",
            "{'spec':{'strategy':{'type':'Recreate'}}}",
            "{'spec':{'strategy':{'type':'Recreate','rollingUpdate':{'maxSurge':1}}}}"),
        .init(
            "strategy's retained part is merged",
            "{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':1}}}}",
            "{'spec':{'strategy':{'$retainKeys':['type','rollingUpdate'],'rollingUpdate':{'maxUnavailable':0}}}}",
            "{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':1,'maxUnavailable':0}}}}"),
        .init(
            "conditions by type",
            "{'status':{'conditions':[{'type':'A','status':'True'},{'type':'B','status':'True'}]}}",
            "{'status':{'conditions':[{'type':'B','status':'False'}]}}",
            "{'status':{'conditions':[{'type':'A','status':'True'},{'type':'B','status':'False'}]}}"),
        .init(
            "selector's expressions are replaced", "{'spec':{'selector':{'matchExpressions':[{'key':'a'}]}}}",
            "{'spec':{'selector':{'matchExpressions':[{'key':'b'}]}}}",
            "{'spec':{'selector':{'matchExpressions':[{'key':'b'}]}}}"),
        .init(
            "replace the whole spec", "{'spec':{'replicas':1,'paused':true}}",
            "{'spec':{'$patch':'replace','replicas':2}}",
            "{'spec':{'replicas':2}}"),
        .init("delete everything", "{'spec':{'replicas':1}}", "{'$patch':'delete'}", "{}"),
        .init("replace everything", "{'spec':{'replicas':1}}", "{'$patch':'replace','spec':{}}", "{'spec':{}}"),
    ]

    /// Bases and patches are of a Service's spec.
    static let serviceSpec: [PatchCase] = [
        .init(
            "port by number", "{'ports':[{'port':80,'targetPort':8080}]}",
            "{'ports':[{'port':80,'targetPort':'http'}]}",
            "{'ports':[{'port':80,'targetPort':'http'}]}"),
        .init(
            "new port", "{'ports':[{'port':80}]}", "{'ports':[{'port':443}]}", "{'ports':[{'port':443},{'port':80}]}"),
        .init(
            "delete a port", "{'ports':[{'port':80},{'port':443}]}", "{'ports':[{'port':80,'$patch':'delete'}]}",
            "{'ports':[{'port':443}]}"),
        .init(
            "order of ports", "{'ports':[{'port':80},{'port':443}]}",
            "{'$setElementOrder/ports':[{'port':443},{'port':80}]}", "{'ports':[{'port':443},{'port':80}]}"),
        .init(
            "port of another type is another port", "{'ports':[{'port':80}]}", "{'ports':[{'port':'80'}]}",
            "{'ports':[{'port':'80'},{'port':80}]}"),
        .init("selector", "{'selector':{'a':'1'}}", "{'selector':{'a':null,'b':'2'}}", "{'selector':{'b':'2'}}"),
        .init(
            "external addresses are replaced", "{'externalIPs':['1.1.1.1']}", "{'externalIPs':['2.2.2.2']}",
            "{'externalIPs':['2.2.2.2']}"),
        .init(
            "ranges are replaced", "{'loadBalancerSourceRanges':['a']}", "{'loadBalancerSourceRanges':['b']}",
            "{'loadBalancerSourceRanges':['b']}"),
        .init(
            "cluster addresses are replaced", "{'clusterIPs':['a','b']}", "{'clusterIPs':['a']}", "{'clusterIPs':['a']}"
        ),
    ]
}
