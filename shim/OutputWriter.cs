using System.Collections.Generic;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Shim;

/// <summary>
/// Writes the files of an <see cref="OutputTree"/> as helm would: directories 0755 and files 0666 less the umask, a file that is there
/// emptied first. Where what is there could make helm do something else (links, special files, a file where a directory is to be, hooks
/// that would be appended, no rights), nothing is written.
/// </summary>
internal sealed class OutputWriter
{
    private const uint DirectoryMode = 0x1ed; // 0755

    private readonly string _root;
    private readonly OutputTree _tree;
    private readonly HashSet<string> _known = [];
    private readonly List<string> _madeDirectories = [];
    private readonly List<string> _madeFiles = [];

    private OutputWriter(string root, OutputTree tree)
    {
        _root = root;
        _tree = tree;
    }

    /// <summary>
    /// Writes all files, or none that was not there before: then real helm is to run, and says in its own words what is wrong.
    /// </summary>
    /// <param name="directory">As typed.</param>
    /// <param name="tree">What to write.</param>
    public static bool TryWrite(string directory, OutputTree tree)
    {
        var writer = new OutputWriter(directory, tree);
        // A file beyond the limit would end us.
        if (Libc.LimitsFileSize || !writer.IsClear())
            return false;
        if (writer.Write())
            return true;
        writer.Undo();
        return false;
    }

    private bool IsClear()
    {
        int error = Libc.Stat(Libc.PathBytes(_root), follow: true, out FileStamp root);
        if (error != 0)
            return error == Libc.ENOENT;
        if (root.Kind != FileKind.Directory)
            return false;
        var targets = new HashSet<(ulong, ulong)>();
        foreach (OutputFile file in _tree.Files)
        {
            for (int end = file.Path.IndexOf('/', 1); end > 0; end = file.Path.IndexOf('/', end + 1))
                if (
                    _known.Add(file.Path[..end])
                    && Look(file.Path[..end], out FileStamp directory) is var missing
                    && !(
                        missing == Libc.ENOENT || (missing == 0 && directory.Kind == FileKind.Directory && directory.Device == root.Device)
                    )
                )
                    return false;
            error = Look(file.Path, out FileStamp there);
            if (error == Libc.ENOENT)
                continue;
            if (error != 0 || there.Kind != FileKind.Regular || file.MayAppend || !targets.Add((there.Device, there.Inode)))
                return false;
        }
        return true;
    }

    private bool Write()
    {
        _known.Clear();
        foreach (OutputFile file in _tree.Files)
        {
            if (!MakeParents(_root + file.Path))
                return false;
            byte[] path = Libc.PathBytes(_root + file.Path);
            bool isNew = Libc.Stat(path, follow: false, out _) == Libc.ENOENT;
            if (Libc.Create(path, out int descriptor) != 0)
                return false;
            if (isNew)
                _madeFiles.Add(_root + file.Path);
            int error = Libc.WriteAll(descriptor, file.Content.Span);
            Libc.Close(descriptor);
            if (error != 0)
                return false;
        }
        return true;
    }

    private bool MakeParents(string path)
    {
        for (int end = path.IndexOf('/', 1); end > 0; end = path.IndexOf('/', end + 1))
        {
            string directory = path[..end];
            if (!_known.Add(directory))
                continue;
            byte[] bytes = Libc.PathBytes(directory);
            int error = Libc.MakeDirectory(bytes, DirectoryMode);
            if (error == 0)
                _madeDirectories.Add(directory);
            else if (Libc.Stat(bytes, follow: true, out FileStamp there) != 0 || there.Kind != FileKind.Directory)
                return false;
        }
        return true;
    }

    /// <summary>What was there before is emptied by helm, too; what was not would have hooks appended.</summary>
    private void Undo()
    {
        foreach (string file in _madeFiles)
            _ = Libc.Remove(Libc.PathBytes(file));
        for (int i = _madeDirectories.Count - 1; i >= 0; i--)
            _ = Libc.RemoveDirectory(Libc.PathBytes(_madeDirectories[i]));
    }

    private int Look(string path, out FileStamp stamp) => Libc.Stat(Libc.PathBytes(_root + path), follow: false, out stamp);
}
