using Microsoft.Extensions.Configuration.Json;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>
/// Knows which configuration files have become unreadable or are gone. The framework then takes them for empty: without this, all routes
/// would vanish with the file, or with the next change of anything.
/// </summary>
internal sealed partial class ConfigurationFiles
{
    private readonly Lock _lock = new();
    private readonly HashSet<FileConfigurationSource> _broken = [];
    private readonly HashSet<FileConfigurationSource> _gone = [];
    private ILogger? _logger;

    public void Watch(IConfigurationBuilder configuration)
    {
        foreach (var source in configuration.Sources.OfType<JsonConfigurationSource>())
        {
            var inner = source.OnLoadException;
            source.OnLoadException = failed =>
            {
                SetBroken(source, failed.Exception.GetBaseException().Message);
                inner?.Invoke(failed);
            };
            if (source is { FileProvider: { } files, Path: { } path })
                source.FileProvider = new ObservedFile(files, path, isThere => SetLookedAt(source, isThere));
        }
    }

    /// <summary>Where to tell of broken files from now on.</summary>
    public void LogTo(ILogger logger) => _logger = logger;

    /// <summary>Whether what the configuration says may be incomplete.</summary>
    public bool AnyBroken()
    {
        lock (_lock)
            return _broken.Count + _gone.Count > 0;
    }

    private void SetBroken(FileConfigurationSource source, string reason)
    {
        lock (_lock)
            _broken.Add(source);
        if (_logger is not null)
            LogBroken(_logger, source.Path, reason);
    }

    // A file that is read again counts as whole until that fails.
    private void SetLookedAt(FileConfigurationSource source, bool isThere)
    {
        bool isNews;
        lock (_lock)
        {
            _broken.Remove(source);
            isNews = isThere ? _gone.Remove(source) : _gone.Add(source);
        }

        if (!isThere && isNews && _logger is not null)
            LogGone(_logger, source.Path);
    }

    [LoggerMessage(
        EventIds.FileBroken, LogLevel.Error,
        "The configuration file {File} cannot be read, and routes, services, keys and limits stay as they are: {Reason}")]
    private static partial void LogBroken(ILogger logger, string? file, string reason);

    [LoggerMessage(
        EventIds.FileGone, LogLevel.Error,
        "The configuration file {File} is gone, and routes, services, keys and limits stay as they are; put it back, with {{}} in it if "
        + "nothing of it is wanted any more")]
    private static partial void LogGone(ILogger logger, string? file);
}
