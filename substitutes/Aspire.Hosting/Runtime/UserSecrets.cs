using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace Aspire.Hosting.Runtime;

/// <summary>The values that are kept per user, outside the repository.</summary>
internal sealed class UserSecrets
{
    private static readonly Lock s_fileLock = new();
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    // What configuration files may have, too.
    private static readonly JsonDocumentOptions s_forgiving = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private UserSecrets(string? filePath) => FilePath = filePath;

    /// <summary>The file, or null when the application host has no user secrets id.</summary>
    public string? FilePath { get; }

    public static UserSecrets Of(Assembly? assembly)
    {
        var id = Environment.GetEnvironmentVariable("ASPIRE_USER_SECRETS_ID") ?? assembly?.GetCustomAttribute<UserSecretsIdAttribute>()?.UserSecretsId;
        return new UserSecrets(string.IsNullOrEmpty(id) ? null : PathHelper.GetSecretsPathFromSecretsId(id));
    }

    /// <summary>Adds the secrets below the environment variables, in every environment: they hold what runs generated.</summary>
    /// <exception cref="DistributedApplicationException">The file cannot be read.</exception>
    public void AddTo(ConfigurationManager configuration)
    {
        if (FilePath is null)
            return;

        Check(FilePath);
        var source = new JsonConfigurationSource { Path = FilePath, Optional = true };
        source.ResolveFileProvider();
        var sources = ((IConfigurationBuilder)configuration).Sources;
        var environment = sources.OfType<EnvironmentVariablesConfigurationSource>().LastOrDefault(s => string.IsNullOrEmpty(s.Prefix));
        if (environment is null)
            sources.Add(source);
        else
            sources.Insert(sources.IndexOf(environment), source);
    }

    private static void Check(string path)
    {
        try
        {
            Read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DistributedApplicationException(
                $"The user secrets in '{path}' cannot be read: {e.Message} Mend the file; if that is not possible, delete it and run with "
                + "'reset', because the passwords in it are those of the data that is kept.",
                e);
        }
    }

    /// <summary>A value that is kept, or null.</summary>
    public string? Get(string key)
    {
        try
        {
            lock (s_fileLock)
            {
                return FilePath is null ? null : (string?)Read(FilePath)[key];
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Keeps a value; a file that cannot be written costs only the persistence.</summary>
    public bool TrySet(string key, string value) => TryChange(secrets => secrets[key] = value);

    /// <summary>Forgets values; returns those that were there.</summary>
    public IReadOnlyList<string> Remove(IEnumerable<string> keys)
    {
        var removed = new List<string>();
        TryChange(secrets => removed.AddRange(keys.Where(secrets.Remove)));
        return removed;
    }

    private bool TryChange(Action<JsonObject> change)
    {
        if (FilePath is null)
            return false;

        try
        {
            lock (s_fileLock)
            {
                var secrets = Read(FilePath);
                change(secrets);
                Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
                var temporary = $"{FilePath}.{Environment.ProcessId}";
                File.WriteAllText(temporary, secrets.ToJsonString(s_indented));
                if (!OperatingSystem.IsWindows())
                    File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite);
                File.Move(temporary, FilePath, overwrite: true);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return false;
        }
    }

    private static JsonObject Read(string path)
    {
        if (!File.Exists(path))
            return [];
        return JsonNode.Parse(File.ReadAllText(path), documentOptions: s_forgiving) as JsonObject
            ?? throw new JsonException("It is not an object of settings.");
    }
}
