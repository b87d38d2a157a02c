using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>
/// Tells at every look at one file whether it is there, once it has been. The looks are those by which the configuration reads it: to look
/// at another time would be to see a file that has not been read yet.
/// </summary>
internal sealed class ObservedFile : IFileProvider, IDisposable
{
    private readonly IFileProvider _files;
    private readonly string _path;
    private readonly Action<bool> _tell;
    private bool _hasBeenThere;

    public ObservedFile(IFileProvider files, string path, Action<bool> tell)
    {
        (_files, _path, _tell) = (files, path, tell);
        _hasBeenThere = files.GetFileInfo(path).Exists;
    }

    public IFileInfo GetFileInfo(string subpath)
    {
        var file = _files.GetFileInfo(subpath);
        if (subpath == _path && (_hasBeenThere |= file.Exists))
            _tell(file.Exists);
        return file;
    }

    public IDirectoryContents GetDirectoryContents(string subpath) => _files.GetDirectoryContents(subpath);

    public IChangeToken Watch(string filter) => _files.Watch(filter);

    /// <summary>The configuration calls it where the files are its own.</summary>
    public void Dispose() => (_files as IDisposable)?.Dispose();
}
