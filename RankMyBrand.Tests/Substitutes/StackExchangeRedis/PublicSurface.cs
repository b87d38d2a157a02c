using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

/// <summary>Reads what an assembly offers to others, a line for each type and member, without loading it or what it refers to.</summary>
internal sealed class PublicSurface
{
    private readonly MetadataReader _metadata;
    private readonly SignatureText _signatures = new();

    private PublicSurface(MetadataReader metadata) => _metadata = metadata;

    public static SortedSet<string> Read(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        return new PublicSurface(file.GetMetadataReader()).Lines();
    }

    private SortedSet<string> Lines()
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in _metadata.TypeDefinitions.Select(_metadata.GetTypeDefinition).Where(IsVisible))
        {
            var name = SignatureText.NameOf(_metadata, type);
            var shape = type.Attributes & (TypeAttributes.Sealed | TypeAttributes.Abstract | TypeAttributes.Interface);
            lines.Add($"type {name} [{shape}] : {BaseOf(type)}");
            foreach (var implemented in type.GetInterfaceImplementations().Select(_metadata.GetInterfaceImplementation))
            {
                lines.Add($"type {name} implements {TypeText(implemented.Interface)}");
            }
            foreach (var field in type.GetFields().Select(_metadata.GetFieldDefinition).Where(field => IsVisible(field.Attributes & FieldAttributes.FieldAccessMask)))
            {
                lines.Add($"{name}: {field.DecodeSignature(_signatures, null)} {_metadata.GetString(field.Name)}{ConstantText(field.GetDefaultValue())}");
            }
            foreach (var method in type.GetMethods().Select(_metadata.GetMethodDefinition).Where(method => IsVisible((FieldAttributes)(method.Attributes & MethodAttributes.MemberAccessMask))))
            {
                lines.Add($"{name}: {MethodText(method)}");
            }
        }
        return lines;
    }

    private string MethodText(MethodDefinition method)
    {
        var signature = method.DecodeSignature(_signatures, null);
        var named = method.GetParameters().Select(_metadata.GetParameter).Where(parameter => parameter.SequenceNumber > 0).ToDictionary(parameter => parameter.SequenceNumber - 1);
        var parameters = signature.ParameterTypes.Select((type, i) => named.TryGetValue(i, out var parameter)
            ? $"{type} {_metadata.GetString(parameter.Name)}{ConstantText(parameter.GetDefaultValue())}{(parameter.Attributes.HasFlag(ParameterAttributes.Optional) ? "?" : "")}"
            : type);
        var generic = signature.GenericParameterCount > 0 ? "`" + signature.GenericParameterCount.ToString(CultureInfo.InvariantCulture) : "";
        var isStatic = method.Attributes.HasFlag(MethodAttributes.Static) ? "static " : "";
        return $"{isStatic}{signature.ReturnType} {_metadata.GetString(method.Name)}{generic}({string.Join(", ", parameters)})";
    }

    private string ConstantText(ConstantHandle handle)
    {
        if (handle.IsNil) return "";
        var constant = _metadata.GetConstant(handle);
        return " = " + Convert.ToString(_metadata.GetBlobReader(constant.Value).ReadConstant(constant.TypeCode), CultureInfo.InvariantCulture);
    }

    private string BaseOf(TypeDefinition type) => type.BaseType.IsNil ? "" : TypeText(type.BaseType);

    private string TypeText(EntityHandle handle) => handle.Kind switch
    {
        HandleKind.TypeDefinition => _signatures.GetTypeFromDefinition(_metadata, (TypeDefinitionHandle)handle, 0),
        HandleKind.TypeReference => _signatures.GetTypeFromReference(_metadata, (TypeReferenceHandle)handle, 0),
        _ => _metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(_signatures, null),
    };

    private bool IsVisible(TypeDefinition type) => (type.Attributes & TypeAttributes.VisibilityMask) switch
    {
        TypeAttributes.Public => true,
        TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem => IsVisible(_metadata.GetTypeDefinition(type.GetDeclaringType())),
        _ => false,
    };

    // Fields and methods number their accessibility alike.
    private static bool IsVisible(FieldAttributes access) =>
        access is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem;

    private sealed class SignatureText : ISignatureTypeProvider<string, object?>
    {
        public static string NameOf(MetadataReader reader, TypeDefinition type)
        {
            var name = reader.GetString(type.Name);
            if (!type.GetDeclaringType().IsNil) return NameOf(reader, reader.GetTypeDefinition(type.GetDeclaringType())) + "." + name;
            return type.Namespace.IsNil ? name : reader.GetString(type.Namespace) + "." + name;
        }

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
            NameOf(reader, reader.GetTypeDefinition(handle));

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            var type = reader.GetTypeReference(handle);
            var name = reader.GetString(type.Name);
            if (type.ResolutionScope.Kind == HandleKind.TypeReference) return GetTypeFromReference(reader, (TypeReferenceHandle)type.ResolutionScope, 0) + "." + name;
            return type.Namespace.IsNil ? name : reader.GetString(type.Namespace) + "." + name;
        }

        public string GetTypeFromSpecification(
            MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

        public string GetSZArrayType(string elementType) => elementType + "[]";

        public string GetArrayType(string elementType, ArrayShape shape) => $"{elementType}[{new string(',', shape.Rank - 1)}]";

        public string GetByReferenceType(string elementType) => elementType + "&";

        public string GetPointerType(string elementType) => elementType + "*";

        public string GetPinnedType(string elementType) => elementType;

        public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) =>
            $"{genericType}<{string.Join(", ", typeArguments)}>";

        public string GetGenericMethodParameter(object? genericContext, int index) => "!!" + index.ToString(CultureInfo.InvariantCulture);

        public string GetGenericTypeParameter(object? genericContext, int index) => "!" + index.ToString(CultureInfo.InvariantCulture);

        public string GetFunctionPointerType(MethodSignature<string> signature) => "function";

        public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) =>
            $"{unmodifiedType} {(isRequired ? "required" : "optional")} {modifier}";
    }
}
